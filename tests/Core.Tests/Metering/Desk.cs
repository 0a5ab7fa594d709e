using System.Text;
using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Reference;
using Minutebook.Reference.Workloads;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>Keeps one account's book as the engine does: events through the reader, rows into tables, pages let go and loaded again.</summary>
internal sealed class Desk
{
    /// <summary>So few that small workloads have several runs.</summary>
    private const int RunEvents = 64;

    private readonly RateCards cards;
    private readonly EventReader reader = new();
    private readonly EventBatch batch = new();
    private readonly Changes changes = new();
    private readonly Dictionary<(string Source, string Id), (ReferenceEvent Event, long AtMs)> strangers = [];

    public Desk(ReferenceAccount account, long createdMs, RateCards? cards = null, Command.PutAccount? command = null)
    {
        this.cards = cards ?? new RateCards();
        Account = account;
        command ??= new Command.PutAccount(
            "account", "Reference", "USD", account.TimeZone, LateDays: account.LateDays, UsageHourBytes: account.UsageHourBytes,
            CategorizedSince: new Given<string>(account.CategorizedSince));
        Book = Book.Create(command, this.cards, createdMs, RunEvents).Book!;
    }

    public ReferenceAccount Account { get; }

    public Book Book { get; private set; }

    public Tables Tables { get; } = new();

    /// <summary>Into how many pieces a request's events are cut.</summary>
    public Random? Cuts { get; init; }

    public void Do(Step step)
    {
        switch (step)
        {
            case Step.Settings its:
                Put(its.AtMs, its.Application, its.Made);
                break;
            case Step.Section { Made: { } made }:
                Order(new Command.PutSection(
                    "account", made.Section, default, new Given<string>(made.Organization), new Given<string>(made.Department)), step.AtMs);
                break;
            case Step.Batch its:
                Send(its.AtMs, [.. its.Events]);
                break;
            case Step.Reapply:
                Reapply(step.AtMs);
                break;
        }
    }

    public void Put(long atMs, string application, ReferenceSettings settings)
    {
        Order(
            new Command.PutApplication(
                "account", application, "Reference", settings.Metering == "room" ? MeteringMode.Room : MeteringMode.Class, null, null,
                new Given<string>(settings.Edition), settings.CountBy == "connection" ? CountBy.Connection : CountBy.User,
                settings.ExcludeRoles, settings.DefaultTier),
            atMs);
        Adopt(atMs);
    }

    /// <summary>What waited for the application is handed over, as the engine does.</summary>
    private void Adopt(long atMs)
    {
        (ReferenceEvent Event, long AtMs)[] known = [.. strangers.Values.Where(one => IsKnown(one.Event.Application))];
        foreach ((ReferenceEvent its, _) in known)
        {
            strangers.Remove(its.Identity);
        }

        if (known.Length > 0)
        {
            Order(new Command.AdoptKept("account", [.. known.Select(one => new KeptBefore(one.Event.ToJson(), one.AtMs))]), atMs);
        }
    }

    public void Order(Command command, long atMs)
    {
        Outcome outcome = Decide(command, atMs);
        Assert.True(outcome.Refusal is null, outcome.Detail);
    }

    /// <summary>Why an order is refused; null when it is done.</summary>
    public Refusal? Try(Command command, long atMs) => Decide(command, atMs).Refusal;

    private Outcome Decide(Command command, long atMs)
    {
        // At one instant payments come first (7.2).
        AdvanceTo(command is Command.TopUp ? atMs - 1 : atMs);
        LoadFor(command);
        return Book.Apply(command, atMs);
    }

    /// <summary>The packages with what is left in each now (5.4).</summary>
    public IReadOnlyList<Package> Live()
    {
        LoadFor(new Command.RefundPackage("account", ""));
        return Book.LivePackages();
    }

    private void LoadFor(Command command)
    {
        List<MissingPage> missing = [];
        List<DoubtfulIdentity> doubtful = [];
        Book.FindMissing(command, missing, doubtful);
        Load(missing);
        Learn(doubtful);
    }

    /// <summary>Events of applications that nobody has made yet wait outside, as they do in the installation (1.5).</summary>
    public void Send(long atMs, params ReferenceEvent[] events)
    {
        List<string> known = [];
        foreach (ReferenceEvent e in events)
        {
            if (!IsKnown(e.Application))
            {
                strangers.TryAdd(e.Identity, (e, atMs));
                continue;
            }

            known.Add(e.ToJson());
        }

        Send(atMs, known);
    }

    public void AdvanceTo(long ms)
    {
        while (Book.NextNeed <= ms)
        {
            Go(Book.NextNeed);
        }

        Go(ms);
    }

    private void Go(long to)
    {
        Load(until: to);
        List<MissingPage> missing = [];
        Book.FindParticipants(to, missing);
        Load(missing);
        missing.Clear();
        if (Book.FindPresent(to, missing))
        {
            Load(missing);
            Book.TakePresent();
        }

        Book.AdvanceTo(to);
    }

    public void Flush()
    {
        List<MissingPage> missing = [];
        Book.FindPresent(missing);
        Load(missing);
        Book.Flush(changes);
        Tables.Write(changes);
        changes.Clear();
    }

    /// <summary>Lets go of all that may be let go; it is loaded when it is needed again.</summary>
    public void Forget() => Book.Forget(0);

    /// <summary>Opens the book again from its rows. Flush first.</summary>
    public void Restart()
    {
        long now = Book.Now;
        AccountState state = JsonSerializer.Deserialize<AccountState>(Tables.Account, AccountState.Json)!;
        Book = new Book(state, cards, RunEvents);
        Book.Restore(now);
        RestoreRows();
        Tables.RunsOf().ForEach(its => Book.Restore(its.Run, its.Keys));
        foreach (PageRow page in Tables.Pages.Values.Where(page => page.Run >= Book.Run))
        {
            Book.RestoreIdentities(page.Page, [.. Tables.ChunksOf(page.Page)]);
        }

        foreach (AwaitedRow row in Tables.Awaited.Values)
        {
            Book.Restore(row);
        }

        Book.Restored();
        foreach (PageRow page in Tables.Pages.Values.Where(page => page.Due is not null))
        {
            Book.Load(page, Tables.ChunksOf(page.Page));
        }
    }

    private void RestoreRows()
    {
        foreach (SectionRow row in Tables.Sections.Values)
        {
            Book.Restore(row);
        }

        foreach (UsageRow row in Tables.Usage.Values)
        {
            Book.Restore(row);
        }

        foreach (OpenRow row in Tables.Open.Values)
        {
            Book.Restore(row);
        }

        foreach (StepRow row in Tables.Steps.Values)
        {
            Book.Restore(row);
        }

        foreach (PeakRow row in Tables.Peaks.Values)
        {
            Book.Restore(row);
        }

        foreach (ClassUsageRow row in Tables.ClassUsage.Values.Where(row => string.CompareOrdinal(row.Day, Book.OldestDay) >= 0))
        {
            ClassRow? its = Tables.Classes.TryGetValue((row.Page, 0), out ClassRow found) ? found : null;
            Book.Restore(row, its?.Start, its?.End);
        }

        foreach (BillRow row in Tables.Bills.Values)
        {
            Book.Restore(BillReader.Read(Encoding.UTF8.GetString(row.Json)));
        }

        foreach (LedgerRow row in Tables.Ledger.Values)
        {
            Book.Restore(row);
        }

        foreach (AcknowledgementRow row in Tables.Acknowledgements.Values)
        {
            Book.Restore(row);
        }

        foreach (KeptRow row in Tables.Kept.Values)
        {
            Book.Restore(row);
        }
    }

    private void Reapply(long atMs)
    {
        Flush();
        Send(atMs, [.. Tables.Kept.Values.OrderBy(row => row.ReceivedAt).Select(row => Encoding.UTF8.GetString(row.Event))]);
    }

    private bool IsKnown(string application) => Book.State.Applications.Exists(its => its.Id == application);

    private void Send(long atMs, List<string> events)
    {
        int at = 0;
        do
        {
            int count = Math.Min(events.Count - at, Cuts?.Next(1, events.Count - at + 2) ?? events.Count);
            Send(atMs, Encoding.UTF8.GetBytes($"[{string.Join(',', events.GetRange(at, count))}]"));
            at += count;
        }
        while (at < events.Count);
    }

    private void Send(long atMs, byte[] body)
    {
        batch.Clear();
        var faults = new EventFaults();
        reader.Read(body, EventFormat.Array, batch, atMs, faults);
        Assert.True(faults.Count == 0, faults.Count == 0 ? "" : $"{faults.Kept[0]}");
        int[] rows = [.. Enumerable.Range(0, batch.Count)];
        AdvanceTo(atMs);
        List<MissingPage> missing = [];
        List<DoubtfulIdentity> doubtful = [];
        do
        {
            missing.Clear();
            doubtful.Clear();
            Book.FindMissing(batch, rows, missing, doubtful);
            Load(missing);
            Learn(doubtful);
        }
        while (missing.Exists(one => one.Kept is not null));

        Book.Apply(batch, rows, atMs);
    }

    private void Load(long until)
    {
        List<MissingPage> missing = [];
        List<DoubtfulIdentity> doubtful = [];
        Book.FindMissing(until, missing, doubtful);
        Load(missing);
        Learn(doubtful);
    }

    private void Learn(List<DoubtfulIdentity> doubtful)
    {
        foreach (DoubtfulIdentity one in doubtful)
        {
            foreach (int page in Tables.PagesOf(one))
            {
                Book.Learn(Tables.Pages[page], [.. Tables.ChunksOf(page)]);
            }
        }
    }

    private IEnumerable<MissingPage> OnDay(MissingPage asked) => Tables.ClassUsage.Values
        .Where(row => row.Day == asked.Day && row.Application == asked.Application && row.Class is not null)
        .Select(row => new MissingPage(row.Page, "", PageKind.Class, ""));

    private void Load(List<MissingPage> missing)
    {
        foreach (MissingPage kept in missing.Where(one => one.Kept is not null))
        {
            Book.Load(Tables.Kept[kept.Kept!.Value]);
        }

        foreach (MissingPage one in missing.Where(one => one.Kept is null).SelectMany(one => one.Day is null ? [one] : OnDay(one)).ToList())
        {
            if (Tables.Find(one) is { } row)
            {
                Book.Load(row, Tables.ChunksOf(row.Page));
            }
        }
    }
}

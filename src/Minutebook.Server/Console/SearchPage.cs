using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A search over everything, as far as it is the reader's: what is of that name, and what happened to it.</summary>
internal static class SearchPage
{
    private const int MostText = 256;
    private const int MostAccounts = 200;
    /// <summary>Of so many accounts the pages of classes are looked through, where none is chosen.</summary>
    private const int MostLookedThrough = 10;

    public static void Map(ConsolePages pages) => pages.Get("/search", Show);

    private static IResult Show(Visit visit)
    {
        using Store.Reader read = visit.Call.Engine.Store.Read();
        if (visit.Query("account") is { } within && !ConsolePages.Enter(visit, read, visit.Call.Caller.Account ?? within))
        {
            return ConsolePages.NotFound(visit);
        }

        string text = visit.Query("q")?.Trim() ?? "";
        List<Hit> found = [];
        List<(string Account, ShownEvent Event, string? Link)> events = [];
        if (text.Length is > 0 and <= MostText)
        {
            AccountState[] accounts = Accounts(visit, read);
            found.AddRange(new Finder(visit, read, text).Names(accounts));
            foreach (AccountState account in visit.Account is { } chosen ? [chosen] : accounts.Take(MostLookedThrough))
            {
                found.AddRange(new Finder(visit, read, text).Classes(account));
            }

            // Users and events are found only by looking through all pages: where nothing else is of that name, or it is asked for.
            foreach (AccountState account in found.Count > 0 && visit.Query("all") is null ? [] : visit.Account is { } one ? [one] : accounts.Take(MostLookedThrough))
            {
                var finder = new Finder(visit, read, text);
                finder.LookThrough(account);
                found.AddRange(finder.Users);
                events.AddRange(finder.Events.Select(its => (account.Id, its.Event, its.Link)));
            }
        }

        return ConsolePages.Show<SearchSheet>(visit, new SearchModel(
            text, found, events, found.Count > 0 && visit.Query("all") is null ? visit.With(("all", "1")) : null));
    }

    private static AccountState[] Accounts(Visit visit, Store.Reader read) => visit.Call.Caller.Account is { } own
        ? [.. new[] { read.State(own) }.OfType<AccountState>()]
        : [.. read.AccountsAfter("", MostAccounts).Select(Reads.State)];
}

/// <summary>Looks for a text.</summary>
internal sealed class Finder(Visit visit, Store.Reader read, string text)
{
    private const int Most = 20;
    private const int MostPages = 20;
    private const int MostSources = 8;
    private const int ClassKind = 0;
    private const int DayKind = 1;

    /// <summary>Accounts by id and name, and a bill by its number.</summary>
    public IEnumerable<Hit> Names(IEnumerable<AccountState> accounts)
    {
        foreach (AccountState account in accounts.Where(account => Says(account.Id) || Says(account.Name)).Take(Most))
        {
            yield return new Hit(
                visit.Texts["found.account"], account.Name, account.Id, Visit.AddressOf(account.Id, ""),
                visit.Texts[StandingPage.Key(account.Standing.Kind)]);
        }

        if (read.Bill(text) is { } bill && visit.Call.Caller.Sees(bill.Account))
        {
            AccountState account = read.State(bill.Account)!;
            yield return new Hit(
                visit.Texts["found.bill"], bill.Number, bill.Account, Visit.AddressOf(bill.Account, "bills/" + Uri.EscapeDataString(bill.Number)),
                visit.Show.Money(bill.Total, account.Currency));
        }
    }

    public IEnumerable<Hit> Classes(AccountState account) => read.FindClasses(account.Id, text, Most).Select(row => new Hit(
        visit.Texts["found.class"], row.Name ?? row.Class, row.Class, AddressOf(account, row.Application, row.Class),
        row.End is null ? visit.Texts["live"] : ShowOf(account).FullMoment(Instant.FromUnixTimeMilliseconds(row.Start))));

    /// <summary>Users of that name, in the newest classes in which they were.</summary>
    public List<Hit> Users { get; } = [];

    /// <summary>Events of that id.</summary>
    public List<(ShownEvent Event, string? Link)> Events { get; } = [];

    /// <summary>
    /// Looks through the account's pages, once. An event is asked for by its id, or by its source and id, parted by a space; where no
    /// source is named, those are tried that applications had: an id means nothing without one.
    /// </summary>
    public void LookThrough(AccountState account)
    {
        UInt128[] identities = [.. Asked(account).Select(its => TextHash.Identity(TextHash.Of(Encoding.UTF8.GetBytes(its.Source)), Encoding.UTF8.GetBytes(its.Id)))];
        IEnumerable<int> numbers = read.PagesWith(account.Id, Encoding.UTF8.GetBytes(text), MostPages)
            .Concat(identities.Length == 0 ? [] : read.PagesOf(account.Id, [.. identities.Select(identity => (identity, BytesOf(identity)))])).Distinct();
        foreach (PageRow page in numbers.Select(number => read.PageByNumber(account.Id, number)).OfType<PageRow>())
        {
            List<byte[]> chunks = [.. read.Chunks(account.Id, page.Page).Select(chunk => chunk.Data)];
            AddUsers(account, page, chunks);
            AddEvents(account, page, PageHistory.Of(chunks), identities);
        }

        Events.AddRange(identities.Select(identity => read.KeptEvent(account.Id, identity)).OfType<KeptRow>().Select(kept => (SetAside(kept), (string?)null)));
    }

    private void AddUsers(AccountState account, PageRow page, IReadOnlyList<byte[]> chunks)
    {
        if (page.Kind != ClassKind || account.Application(page.Application) is not { } application
            || ClassView.Of(account.TimeZone, application.History, chunks, visit.Now.ToUnixTimeMilliseconds(), Wanted.All) is not { } view)
        {
            return;
        }

        Users.AddRange(view.Participants.Where(one => one.User.Contains(text, StringComparison.Ordinal)).Take(Most - Users.Count).Select(user => new Hit(
            visit.Texts["found.user"], user.User, view.Name ?? page.Key,
            $"{AddressOf(account, page.Application, page.Key)}?user={Uri.EscapeDataString(user.User)}",
            $"{ShowOf(account).FullMoment(Instant.FromUnixTimeMilliseconds(view.Start))}, {visit.Show.Quantity(user.Seconds, "second")}")));
    }

    private void AddEvents(AccountState account, PageRow page, PageHistory history, UInt128[] identities)
    {
        int[] at = [.. Enumerable.Range(0, history.Count).Where(index => identities.Contains(history[index].Identity))];
        if (at.Length == 0)
        {
            return;
        }

        string? link = page.Kind == ClassKind ? AddressOf(account, page.Application, page.Key) + "/events" : null;
        PageEventRef[] events = [.. at.Select(index => new PageEventRef(history, index, page.Kind == ClassKind ? page.Key : null))];
        Events.AddRange(new PageEvents(visit.Call.Engine, read, account.Id).Views(events).Select(one => (ClassEventsPage.Shown(visit, one), link)));
    }

    private (string Source, string Id)[] Asked(AccountState account)
    {
        IEnumerable<(string, string)> sources = Sources(account).Take(MostSources).Select(source => (source, text));
        return text.LastIndexOf(' ') is var at and > 0 ? [(text[..at], text[(at + 1)..]), .. sources] : [.. sources];
    }

    private static byte[] BytesOf(UInt128 identity)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, identity);
        return bytes;
    }

    private ShownEvent SetAside(KeptRow kept)
    {
        var arrived = new ArrivedView(
            JsonSerializer.Deserialize<JsonElement>(kept.Event), null, "applied", Instant.FromUnixTimeMilliseconds(kept.ReceivedAt), null, null, null, null, null);
        return ClassEventsPage.Shown(visit, arrived) with
        {
            Tone = "warning",
            State = visit.Texts.Of("event.set-aside", visit.Texts.Find("aside." + kept.Reason) ?? kept.Reason),
        };
    }

    private IEnumerable<string> Sources(AccountState account)
    {
        List<PageEventRef> firsts = [];
        foreach (ApplicationState application in account.Applications)
        {
            foreach (PageRow page in read.NewestPages(account.Id, application.Id, [ClassKind, DayKind]))
            {
                PageHistory history = PageHistory.Of(read.Chunks(account.Id, page.Page).Select(chunk => chunk.Data));
                if (history.Count > 0)
                {
                    firsts.Add(new PageEventRef(history, 0, null));
                }
            }
        }

        return new PageEvents(visit.Call.Engine, read, account.Id).Views(firsts)
            .Select(one => one.Event is { } json ? json.GetProperty("source").GetString() : null).OfType<string>().Distinct();
    }

    private static string AddressOf(AccountState account, string application, string id) =>
        Visit.AddressOf(account.Id, $"classes/{Uri.EscapeDataString(application)}/{Uri.EscapeDataString(id)}");

    private Show ShowOf(AccountState account) => visit.Account is null ? new Show(visit.Texts, new Calendar(account.TimeZone).Zone, visit.Now) : visit.Show;

    private bool Says(string its) => its.Contains(text, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What was found; the address that looks for users and events too, where it was not done.</summary>
public sealed record SearchModel(string Text, IReadOnlyList<Hit> Found, IReadOnlyList<(string Account, ShownEvent Event, string? Link)> Events, string? More);

/// <summary>One thing that was found, and what there is to say of it.</summary>
public sealed record Hit(string Kind, string Name, string Id, string Link, string What);

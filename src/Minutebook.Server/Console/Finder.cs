using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Looks for a text.</summary>
internal sealed class Finder(Visit visit, Store.Reader read, string text)
{
    private const int Most = 20;
    /// <summary>Some more than users are shown: the text may stand in a page without being a participant's.</summary>
    private const int MostPages = 25;
    private const int MostSources = 8;
    /// <summary>So much is looked through for one answer, two million events or so: it takes less than a tenth of a second.</summary>
    private const long MostBytes = 64 << 20;

    private long bytesLeft = MostBytes;

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
        row.End is null ? visit.Texts["live"] : MomentOf(account, row.Start)));

    /// <summary>Users of that name, in the newest classes in which they were.</summary>
    public List<Hit> Users { get; } = [];

    /// <summary>Events of that id.</summary>
    public List<(ShownEvent Event, string? Link)> Events { get; } = [];

    /// <summary>Where it stopped, because it was enough for once: the account, and the page before which it may go on.</summary>
    public (string Account, int Page)? Next { get; private set; }

    /// <summary>
    /// Looks through the account's pages, the newest first, or those before one of them; and for events, unless it goes on. An event is
    /// asked for by its id, or by its source and id, parted by a space; where no source is named, those are tried that applications had:
    /// an id means nothing without one.
    /// </summary>
    public void LookThrough(AccountState account, int? before)
    {
        if (before is null)
        {
            AddEvents(account, [.. Asked(account).Select(its => TextHash.Identity(TextHash.Of(Encoding.UTF8.GetBytes(its.Source)), Encoding.UTF8.GetBytes(its.Id)))]);
        }

        Next = UsersBefore(account, before ?? int.MaxValue) is { } last ? (account.Id, last) : null;
    }

    /// <summary>Adds users of the newest pages before one; the page before which it goes on, or null.</summary>
    private int? UsersBefore(AccountState account, int before)
    {
        (List<int> pages, int? next) = read.PagesWith(account.Id, Encoding.UTF8.GetBytes(text), before, ref bytesLeft, MostPages);
        foreach (PageRow page in pages.Select(number => read.PageByNumber(account.Id, number)).OfType<PageRow>())
        {
            AddUsers(account, page);
            if (Users.Count == Most)
            {
                return page.Page;
            }
        }

        return next;
    }

    private void AddUsers(AccountState account, PageRow page)
    {
        if (page.Kind != (int)PageKind.Class || account.Application(page.Application) is not { } application
            || ClassView.Found(
                account.TimeZone, application.History, read.Chunks(account.Id, page.Page), visit.Now.ToUnixTimeMilliseconds(), text, Most - Users.Count) is not { } found)
        {
            return;
        }

        Users.AddRange(found.Participants.Select(user => new Hit(
            visit.Texts["found.user"], user.User, found.Name ?? page.Key,
            $"{AddressOf(account, page.Application, page.Key)}?user={Uri.EscapeDataString(user.User)}",
            $"{MomentOf(account, found.Start)}, {visit.Show.Quantity(user.Seconds, "second")}")));
    }

    private void AddEvents(AccountState account, UInt128[] identities)
    {
        if (identities.Length == 0)
        {
            return;
        }

        IEnumerable<int> numbers = read.PagesOf(account.Id, [.. identities.Select(identity => (identity, BytesOf(identity)))]);
        foreach (PageRow page in numbers.Select(number => read.PageByNumber(account.Id, number)).OfType<PageRow>())
        {
            AddEvents(account, page, PageHistory.Of(read.Chunks(account.Id, page.Page)), identities);
        }

        Events.AddRange(identities.Select(identity => read.KeptEvent(account.Id, identity)).OfType<KeptRow>().Select(kept => (SetAside(kept), (string?)null)));
    }

    private void AddEvents(AccountState account, PageRow page, PageHistory history, UInt128[] identities)
    {
        int[] at = [.. Enumerable.Range(0, history.Count).Where(index => identities.Contains(history[index].Identity))];
        if (at.Length == 0)
        {
            return;
        }

        string? link = page.Kind == (int)PageKind.Class ? AddressOf(account, page.Application, page.Key) + "/events" : null;
        PageEventRef[] events = [.. at.Select(index => new PageEventRef(history, index, page.Kind == (int)PageKind.Class ? page.Key : null))];
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
            foreach (PageRow page in read.NewestPages(account.Id, application.Id, [PageKind.Class, PageKind.Day]))
            {
                PageHistory history = PageHistory.Of(read.Stream(account.Id, page.Page).Take(1).Select(static chunk => chunk.ToArray()));
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

    /// <summary>Among accounts of several zones each time names its own.</summary>
    private string MomentOf(AccountState account, long ms)
    {
        var at = Instant.FromUnixTimeMilliseconds(ms);
        return visit.Account is null
            ? $"{new Show(visit.Texts, new Calendar(account.TimeZone).Zone, visit.Now).FullMoment(at)} ({account.TimeZone})"
            : visit.Show.FullMoment(at);
    }

    private bool Says(string its) => its.Contains(text, StringComparison.OrdinalIgnoreCase);
}

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
                var finder = new Finder(visit, read, text);
                found.AddRange(finder.Classes(account));
                found.AddRange(finder.Users(account));
                events.AddRange(finder.Events(account).Select(one => (account.Id, one.Event, one.Link)));
            }
        }

        return ConsolePages.Show<SearchSheet>(visit, new SearchModel(text, found, events));
    }

    private static AccountState[] Accounts(Visit visit, Store.Reader read) => visit.Call.Caller.Account is { } own
        ? [.. new[] { read.State(own) }.OfType<AccountState>()]
        : [.. read.AccountsAfter("", MostAccounts).Select(Reads.State)];
}

/// <summary>Looks for a text.</summary>
internal sealed class Finder(Visit visit, Store.Reader read, string text)
{
    private const int Most = 20;
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

    /// <summary>The newest classes in which a user of that name was.</summary>
    public IEnumerable<Hit> Users(AccountState account)
    {
        long now = visit.Now.ToUnixTimeMilliseconds();
        foreach (PageRow page in Pages(account, Encoding.UTF8.GetBytes(text)).Where(page => page.Kind == ClassKind))
        {
            IEnumerable<byte[]> chunks = read.Chunks(account.Id, page.Page).Select(chunk => chunk.Data);
            if (account.Application(page.Application) is not { } application || ClassView.Of(account.TimeZone, application.History, chunks, now) is not { } view)
            {
                continue;
            }

            foreach (ParticipantView user in view.Participants.Where(one => one.User.Contains(text, StringComparison.Ordinal)).Take(Most))
            {
                yield return new Hit(
                    visit.Texts["found.user"], user.User, view.Name ?? page.Key,
                    $"{AddressOf(account, page.Application, page.Key)}?user={Uri.EscapeDataString(user.User)}",
                    $"{ShowOf(account).FullMoment(Instant.FromUnixTimeMilliseconds(view.Start))}, {visit.Show.Quantity(user.Seconds, "second")}");
            }
        }
    }

    /// <summary>
    /// The event with that id, or of that source and id, parted by a space. Where no source is named, those are tried that applications
    /// had last: an id means nothing without one.
    /// </summary>
    public IEnumerable<(ShownEvent Event, string? Link)> Events(AccountState account)
    {
        (string Source, string Id)[] asked = text.LastIndexOf(' ') is var at and > 0
            ? [(text[..at], text[(at + 1)..]), .. Sources(account).Select(source => (source, text))]
            : [.. Sources(account).Select(source => (source, text))];
        foreach ((string source, string id) in asked)
        {
            UInt128 identity = TextHash.Identity(TextHash.Of(Encoding.UTF8.GetBytes(source)), Encoding.UTF8.GetBytes(id));
            foreach ((ShownEvent, string?) found in Applied(account, identity))
            {
                yield return found;
            }

            if (read.KeptEvent(account.Id, identity) is { } kept)
            {
                yield return (SetAside(kept), null);
            }
        }
    }

    private IEnumerable<(ShownEvent, string?)> Applied(AccountState account, UInt128 identity)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, identity);
        foreach (PageRow page in Pages(account, bytes))
        {
            PageHistory history = PageHistory.Of(read.Chunks(account.Id, page.Page).Select(chunk => chunk.Data));
            int[] at = [.. Enumerable.Range(0, history.Count).Where(index => history[index].Identity == identity)];
            string? link = page.Kind == ClassKind ? AddressOf(account, page.Application, page.Key) + "/events" : null;
            foreach (ArrivedView one in new PageEvents(visit.Call.Engine, read, account.Id).Views(
                [.. at.Select(index => new PageEventRef(history, index, page.Kind == ClassKind ? page.Key : null))]))
            {
                yield return (ClassEventsPage.Shown(visit, one), link);
            }
        }
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

    private IEnumerable<PageRow> Pages(AccountState account, byte[] bytes) =>
        read.PagesWith(account.Id, bytes, Most).Select(number => read.PageByNumber(account.Id, number)).OfType<PageRow>();

    private static string AddressOf(AccountState account, string application, string id) =>
        Visit.AddressOf(account.Id, $"classes/{Uri.EscapeDataString(application)}/{Uri.EscapeDataString(id)}");

    private Show ShowOf(AccountState account) => visit.Account is null ? new Show(visit.Texts, new Calendar(account.TimeZone).Zone, visit.Now) : visit.Show;

    private bool Says(string its) => its.Contains(text, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What was found.</summary>
public sealed record SearchModel(string Text, IReadOnlyList<Hit> Found, IReadOnlyList<(string Account, ShownEvent Event, string? Link)> Events);

/// <summary>One thing that was found, and what there is to say of it.</summary>
public sealed record Hit(string Kind, string Name, string Id, string Link, string What);

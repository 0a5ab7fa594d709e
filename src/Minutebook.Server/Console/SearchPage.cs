using Minutebook.Core;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A search over everything, as far as it is the reader's: what is of that name, and what happened to it.</summary>
internal static class SearchPage
{
    private const int MostText = 256;
    private const int NearbyPages = 50;
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
        return ConsolePages.Show<SearchSheet>(visit, text.Length is > 0 and <= MostText ? Found(visit, read, text) : new SearchModel(text, [], []));
    }

    /// <summary>
    /// Users and events are found only by looking through pages: where nothing else is of that name, or it is asked for. That goes so far
    /// at a time, and from there on when it is asked for again.
    /// </summary>
    private static SearchModel Found(Visit visit, Store.Reader read, string text)
    {
        AccountState[] accounts = Accounts(visit, read);
        AccountState[] within = visit.Account is { } chosen ? [chosen] : [.. accounts.Take(MostLookedThrough)];
        (string Account, int Before)? from = visit.Query("from") is { } place ? PlaceOf(place) : null;
        var finder = new Finder(visit, read, text);
        List<Hit> found = from is null ? [.. finder.Names(accounts), .. within.SelectMany(finder.Classes)] : [];
        if (found.Count > 0 && visit.Query("all") is null)
        {
            return new SearchModel(text, found, []) { More = visit.With(("all", "1")) };
        }

        foreach (AccountState account in within.SkipWhile(account => from is not null && account.Id != from.Value.Account))
        {
            finder.LookThrough(account, account.Id == from?.Account ? from.Value.Before : null);
            if (finder.Next is not null)
            {
                break;
            }
        }

        return new SearchModel(text, [.. found, .. finder.Users], finder.Events)
        {
            Until = finder.Next is { } until ? UntilOf(visit, read, until) : null,
            Further = finder.Next is { } next ? visit.With(("from", $"{next.Account}:{next.Page}")) : null,
        };
    }

    private static (string Account, int Before)? PlaceOf(string from) =>
        from.LastIndexOf(':') is var at and > 0 && int.TryParse(from.AsSpan(at + 1), System.Globalization.NumberStyles.None, null, out int page) ? (from[..at], page) : null;

    /// <summary>Back to when was looked through; null where no class is near.</summary>
    private static string? UntilOf(Visit visit, Store.Reader read, (string Account, int Page) until) =>
        visit.Account is not null && Enumerable.Range(until.Page, NearbyPages).Select(page => read.ClassRow(until.Account, page)).OfType<ClassRow>().FirstOrDefault() is { Start: > 0 } row
            ? visit.Show.FullDay(visit.Show.DayOf(Instant.FromUnixTimeMilliseconds(row.Start))) : null;

    private static AccountState[] Accounts(Visit visit, Store.Reader read) => visit.Call.Caller.Account is { } own
        ? [.. new[] { read.State(own) }.OfType<AccountState>()]
        : [.. read.States()];
}

/// <summary>What was found.</summary>
/// <param name="Text">What was looked for.</param>
/// <param name="Found">Things of that name.</param>
/// <param name="Events">Events of that id, with the page of all of their class.</param>
public sealed record SearchModel(string Text, IReadOnlyList<Hit> Found, IReadOnlyList<(ShownEvent Event, string? Link)> Events)
{
    /// <summary>The address that looks for users and events too, where it was not done.</summary>
    public string? More { get; init; }
    /// <summary>The address that looks through what lies further back; null where all was.</summary>
    public string? Further { get; init; }
    /// <summary>The day back to which it was looked through, where that can be said.</summary>
    public string? Until { get; init; }
}

/// <summary>One thing that was found, and what there is to say of it.</summary>
public sealed record Hit(string Kind, string Name, string Id, string Link, string What);

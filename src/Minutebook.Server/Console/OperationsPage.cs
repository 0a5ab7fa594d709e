using Minutebook.Core;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>All accounts, what comes in, and a search over everything.</summary>
internal static class OperationsPage
{
    private const int MostAccounts = 200;
    private const int MostFound = 20;

    public static void Map(ConsolePages pages, Pace pace)
    {
        pages.Get("/operations", visit => Show(visit, pace));
        pages.Get("/search", Search);
    }

    private static IResult Show(Visit visit, Pace pace)
    {
        using Store.Reader read = visit.Call.Engine.Store.Read();
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        AccountState[] accounts = [.. read.AccountsAfter(visit.Query("after") ?? "", MostAccounts).Select(Reads.State)];
        return ConsolePages.Show<OperationsSheet>(visit, new OperationsModel(
            [
                new ShownFigure(texts["operations.accepted"], show.Number(pace.Total), texts["operations.since-start"]),
                new ShownFigure(texts["operations.pace"], show.Number(pace.Busiest()), texts["operations.pace.note"]) { IsLive = true },
                new ShownFigure(texts["operations.bad"], show.Number(accounts.Count(account => account.Standing.Kind != Standing.Good)), texts["operations.bad.note"]),
                new ShownFigure(texts["operations.aside"], show.Number(accounts.Sum(account => account.Counters.SetAside.Values.Sum())), texts["operations.aside.note"]),
            ],
            [
                .. accounts.OrderByDescending(account => account.Standing.Kind).ThenBy(account => account.Id, StringComparer.Ordinal).Select(account => new ShownAccount(
                    account.Id, account.Name, texts[StandingPage.Key(account.Standing.Kind)], StandingPage.Tone(account.Standing.Kind),
                    show.Money(account.Balance, account.Currency), show.Number(account.Counters.Events),
                    show.Number(account.Counters.Duplicates), show.Number(account.Counters.SetAside.Values.Sum()))),
            ],
            accounts.Length == MostAccounts ? visit.With(("after", accounts[^1].Id)) : null));
    }

    /// <summary>Accounts, classes and bills, as far as they are the reader's.</summary>
    private static IResult Search(Visit visit)
    {
        using Store.Reader read = visit.Call.Engine.Store.Read();
        if (visit.Query("account") is { } within && !ConsolePages.Enter(visit, read, visit.Call.Caller.Account ?? within))
        {
            return ConsolePages.NotFound(visit);
        }

        string text = visit.Query("q")?.Trim() ?? "";
        List<Hit> found = [];
        if (text.Length is > 0 and <= 256)
        {
            Caller caller = visit.Call.Caller;
            AccountState[] accounts = caller.Account is { } own
                ? [.. new[] { read.State(own) }.OfType<AccountState>()]
                : [.. read.AccountsAfter("", MostAccounts).Select(Reads.State)];
            found.AddRange(accounts.Where(account => Says(account.Id, text) || Says(account.Name, text)).Take(MostFound)
                .Select(account => new Hit(visit.Texts["found.account"], account.Name, account.Id, Visit.AddressOf(account.Id, ""))));
            if (read.Bill(text) is { } bill && caller.Sees(bill.Account))
            {
                found.Add(new Hit(visit.Texts["found.bill"], bill.Number, bill.Account, Visit.AddressOf(bill.Account, "bills/" + Uri.EscapeDataString(bill.Number))));
            }

            foreach (AccountState account in visit.Account is null ? accounts : [visit.Account])
            {
                found.AddRange(read.FindClasses(account.Id, text, MostFound).Select(row => new Hit(
                    visit.Texts["found.class"], row.Name ?? row.Class, row.Class,
                    Visit.AddressOf(account.Id, $"classes/{Uri.EscapeDataString(row.Application)}/{Uri.EscapeDataString(row.Class)}"))));
            }
        }

        return ConsolePages.Show<SearchSheet>(visit, new SearchModel(text, found));
    }

    private static bool Says(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What the page of operations shows.</summary>
public sealed record OperationsModel(IReadOnlyList<ShownFigure> Figures, IReadOnlyList<ShownAccount> Accounts, string? Next);

/// <summary>An account in the list.</summary>
public sealed record ShownAccount(
    string Id, string Name, string Standing, string Tone, string Balance, string Events, string Duplicates, string SetAside);

/// <summary>What was found.</summary>
public sealed record SearchModel(string Text, IReadOnlyList<Hit> Found);

/// <summary>One thing that was found.</summary>
public sealed record Hit(string Kind, string Name, string Id, string Link);

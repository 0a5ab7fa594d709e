using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What the usage of some days would have cost by another card, beside what it did cost.</summary>
internal static class WhatIfPage
{
    private const int MostDays = 3660;
    private const int MostCards = 200;

    public static IResult Show(Visit visit, Store.Reader read)
    {
        AccountState account = visit.Account!;
        LocalDate today = visit.Show.DayOf(visit.Now);
        (LocalDate first, LocalDate last) = Days(visit, today);
        string[] cards = [.. Cards(visit, read).Where(card => InCurrency(read, card, account.Currency))];
        string? card = visit.Query("card") is { } asked && cards.Contains(asked) ? asked : null;
        WhatIf? asking = card is null ? null : new WhatIf(account, first, last.PlusDays(1), read.Card(card), visit.Now);
        bool isLater = asking is not null && visit.Query("worked") is null && !asking.IsQuick(read);
        return ConsolePages.Show<WhatIfSheet>(visit, new WhatIfModel(
            cards, card, JsonText.Of(first), JsonText.Of(last), asking is null || isLater ? null : Compared(visit, asking, read))
        {
            Later = isLater ? visit.With(("worked", "1")) : null,
        });
    }

    /// <summary>The month so far, unless the address says otherwise; of its first day, the month before.</summary>
    private static (LocalDate First, LocalDate Last) Days(Visit visit, LocalDate today)
    {
        if (Moments.TryDate(visit.Query("from") ?? "", out LocalDate first) && Moments.TryDate(visit.Query("to") ?? "", out LocalDate last)
            && first <= last && Period.DaysBetween(first, last) < MostDays)
        {
            return (first, last);
        }

        LocalDate yesterday = today.PlusDays(-1);
        return (new LocalDate(yesterday.Year, yesterday.Month, 1), yesterday);
    }

    /// <summary>Every card for who runs the installation; for others those that are published for all and their own.</summary>
    private static IEnumerable<string> Cards(Visit visit, Store.Reader read)
    {
        IEnumerable<string> own = visit.Account!.RateCards.Select(chosen => chosen.Card).Append(PublicCard.Id);
        return (visit.Runs ? own.Concat(read.Cards().Select(row => row.Card)) : own).Distinct().Order(StringComparer.Ordinal).Take(MostCards);
    }

    private static bool InCurrency(Store.Reader read, string card, string currency) => read.Card(card).All is [var first, ..] && first.Currency.Code == currency;

    private static WhatIfCompared Compared(Visit visit, WhatIf asked, Store.Reader read)
    {
        WhatIfView view = asked.View(read);
        int sums = Server.Show.Decimals([view.Charged, view.WouldCost, view.Difference]);
        int charges = Server.Show.Decimals(view.Lines.SelectMany(line => new[] { line.Charged?.Amount, line.WouldCost?.Amount, line.Difference }).OfType<string>().Append(view.Difference));
        string Money(string amount, int decimals = 0) => visit.Show.Money(amount, view.Currency, decimals);
        return new WhatIfCompared(
            Money(view.Charged, sums), Money(view.WouldCost, sums), Signed(visit, view.Difference, view.Currency, sums), Tone(view.Difference),
            [
                .. view.Lines.Select(line => new WhatIfRow(
                    line.Rate, line.Application is { } id ? visit.Account!.Application(id)?.Settings.Name ?? id : visit.Texts["bill.whole-account"],
                    visit.Show.Quantity((line.Charged ?? line.WouldCost)!.Quantity, Meter.Named(line.Meter)!.Unit),
                    line.Charged is { } charged ? Money(charged.Amount, charges) : "–", line.WouldCost is { } would ? Money(would.Amount, charges) : "–",
                    Signed(visit, line.Difference, view.Currency, charges))),
            ],
            [
                .. view.Periods.Select(period => new WhatIfRow(
                    period.Kind == "daily" ? visit.Show.FullDay(period.PeriodStart) : visit.Show.Month(period.PeriodStart), "", "",
                    Money(period.Charged), Money(period.WouldCost), Signed(visit, period.Difference, view.Currency))),
            ],
            [.. asked.Notes().Select(note => visit.Texts.Of("what-if.note." + note.Kind, note.Day is { } day ? visit.Show.FullDay(day) : ""))]);
    }

    private static string Signed(Visit visit, string amount, string currency, int decimals = 0) =>
        (Core.Units.Money.Parse(amount) > Core.Units.Money.Zero ? "+" : "") + visit.Show.Money(amount, currency, decimals);

    private static string Tone(string amount) => Core.Units.Money.Parse(amount) > Core.Units.Money.Zero ? "warning" : "good";
}

/// <summary>What the page of what-if shows; nothing is compared until a card is chosen.</summary>
public sealed record WhatIfModel(IReadOnlyList<string> Cards, string? Card, string First, string Last, WhatIfCompared? Compared)
{
    /// <summary>Where the comparison is, which takes its time; null where it is here.</summary>
    public string? Later { get; init; }
}

/// <summary>The two sums, and what they are made of.</summary>
public sealed record WhatIfCompared(
    string Charged, string WouldCost, string Difference, string Tone, IReadOnlyList<WhatIfRow> Lines, IReadOnlyList<WhatIfRow> Periods,
    IReadOnlyList<string> Notes);

/// <summary>A rate of an application, or a day or month, in both.</summary>
public sealed record WhatIfRow(string Name, string Application, string Used, string Charged, string WouldCost, string Difference);

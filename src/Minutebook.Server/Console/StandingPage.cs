using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Where an account stands, what comes next and what would prevent it; its wallet and its alerts.</summary>
internal static class StandingPage
{
    private const int Newest = 20;

    public static void Map(ConsolePages pages)
    {
        pages.Get("/standing", Show);
        pages.AccountForm("/topups", async (visit, form) =>
        {
            string reference = form.GetValueOrDefault("reference").ToString();
            bool isAmount = Money.TryParse(form.GetValueOrDefault("amount").ToString().Trim(), out Money amount) && amount > Money.Zero;
            if (isAmount && reference.Length is > 0 and <= 256
                && await visit.Call.ExecuteAsync(new Command.TopUp(visit.Account!.Id, amount.ToString(), visit.Account.Currency, reference)) is not null)
            {
                return new SeeOther(visit.To("standing") + "?said=topped-up");
            }

            using Store.Reader read = visit.Call.Engine.Store.Read();
            visit.Refuse("refused.amount");
            return Show(visit, read);
        });
    }

    private static IResult Show(Visit visit, Store.Reader read)
    {
        AccountState account = visit.Account!;
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        List<StandingMark> marks =
        [
            .. account.Timeline.Select((change, index) => new StandingMark(
                texts[Key(change.Standing)], At(change.At), texts.Find("cause." + change.Cause) ?? change.Cause,
                index == account.Timeline.Count - 1 ? "present" : "past")),
        ];
        if (StandingRules.Coming(account.Standing, account.Terms) is { } next)
        {
            marks.Add(new StandingMark(texts[Key(next.Standing)], At(next.At), texts["standing.unless"], "next"));
        }

        return ConsolePages.Show<StandingSheet>(visit, new StandingModel(
            texts[Key(account.Standing.Kind)], Tone(account.Standing.Kind), texts[Key(account.Standing.Kind) + ".means"],
            show.Money(account.Balance, account.Currency), marks,
            [
                (texts["terms.grace"], texts.Of("terms.hours", show.Number(account.GraceHours))),
                (texts["terms.hold"], texts.Of("terms.days", show.Number(account.HoldDays))),
                (texts["terms.credit"], show.Money(account.CreditLimit, account.Currency)),
                (texts["terms.legal-hold"], texts[account.LegalHold ? "app.on" : "app.off"]),
            ],
            [
                .. read.Ledger(account.Id, Math.Max(0, account.LedgerEntries - Newest), Newest).AsEnumerable().Reverse().Select(row => new LedgerEntry(
                    At(row.At), texts.Find("ledger." + row.Kind) ?? row.Kind, row.Reference, show.Money(row.Amount, account.Currency),
                    show.Money(row.Balance, account.Currency))),
            ],
            [
                .. read.Alerts(account.Id, Math.Max(0, account.Alerts - Newest), Newest).AsEnumerable().Reverse().Select(row => (
                    At(row.At), texts.Find("alert." + row.Type) ?? row.Type, row.Application ?? "")),
            ]));
    }

    public static string Key(Standing standing) => "standing." + standing.ToString().ToLowerInvariant();

    public static string Tone(Standing standing) => standing switch
    {
        Standing.Good => "good",
        Standing.Overdue => "warning",
        _ => "danger",
    };

    private static Instant At(long ms) => Instant.FromUnixTimeMilliseconds(ms);
}

/// <summary>What the page of the account's standing shows.</summary>
public sealed record StandingModel(
    string Standing, string Tone, string Means, string Balance, IReadOnlyList<StandingMark> Marks, IReadOnlyList<(string Name, string Value)> Terms,
    IReadOnlyList<LedgerEntry> Ledger, IReadOnlyList<(Instant At, string What, string Application)> Alerts);

/// <summary>A step on the line: past, present or next.</summary>
public sealed record StandingMark(string Standing, Instant At, string Cause, string Time);

/// <summary>An entry of the wallet.</summary>
public sealed record LedgerEntry(Instant At, string Kind, string Reference, string Amount, string Balance);

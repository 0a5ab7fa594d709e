using System.Globalization;
using Microsoft.Extensions.Primitives;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Where an account stands, what comes next and what would prevent it; its wallet and its alerts.</summary>
internal static class StandingPage
{
    private const int Newest = 20;
    private static readonly Duration Ahead120 = Duration.FromDays(120);

    public static void Map(ConsolePages pages)
    {
        pages.Get("/standing", Show);
        MapChanges(pages);
        pages.AccountForm("/topups", async (visit, form) =>
        {
            string reference = form.GetValueOrDefault("reference").ToString();
            string? amount = WalletRoutes.TopUpOf(form.GetValueOrDefault("amount").ToString().Trim());
            bool isReference = Fields.Unfit(reference) is null;
            if (amount is not null && isReference
                && await visit.Call.ExecuteAsync(new Command.TopUp(visit.Account!.Id, amount, visit.Account.Currency, reference)) is not null)
            {
                return new SeeOther(visit.To("standing") + "?said=topped-up");
            }

            using Store.Reader read = visit.Call.Engine.Store.Read();
            (string? text, string? field) = amount is null ? ("refused.amount", "amount")
                : !isReference || visit.Call.Refusal?.Code == Code.ReferenceReused ? ("refused.reference", "reference")
                : ((string?)null, (string?)null);
            visit.Refuse(text, field);
            return Show(visit, read);
        });
    }

    private static void MapChanges(ConsolePages pages)
    {
        pages.AccountForm("/terms", (visit, form) =>
        {
            (Command.PutAccount? terms, string field) = TermsOf(visit.Account!, form);
            return DoAsync(visit, "terms", field == "credit" ? "refused.credit" : "refused.terms", field, terms);
        });
        pages.AccountForm("/terminate", (visit, form) =>
        {
            string reason = form.GetValueOrDefault("reason").ToString().Trim();
            string? field = Fields.Unfit(reason) is not null ? "reason" : form.GetValueOrDefault("confirm").ToString().Trim() != visit.Account!.Id ? "confirm" : null;
            return DoAsync(visit, "terminated", "refused." + field, field, field is null ? new Command.Terminate(visit.Account!.Id, reason) : null);
        });
    }

    private static async Task<IResult> DoAsync(Visit visit, string said, string refused, string? field, Command? command)
    {
        if (command is not null && await visit.Call.ExecuteAsync(command) is not null)
        {
            return new SeeOther(visit.To("standing") + "?said=" + said);
        }

        using Store.Reader read = visit.Call.Engine.Store.Read();
        visit.Refuse(command is null ? refused : null, command is null ? field : null);
        return Show(visit, read);
    }

    /// <summary>The terms that were filled in, or null and the field that cannot be taken.</summary>
    private static (Command.PutAccount?, string Field) TermsOf(AccountState account, IReadOnlyDictionary<string, StringValues> form)
    {
        int? Whole(string name, int most) =>
            int.TryParse(form.GetValueOrDefault(name).ToString().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= most ? number : null;
        (int? grace, int? hold) = (Whole("grace", AccountRoutes.MostDays * 24), Whole("hold", AccountRoutes.MostDays));
        string? limit = AccountRoutes.LimitOf(form.GetValueOrDefault("credit").ToString().Trim());
        return grace is null || hold is null || limit is null
            ? (null, grace is null ? "grace" : hold is null ? "hold" : "credit")
            : (new Command.PutAccount(
                account.Id, null, null, null, CreditLimit: limit, GraceHours: grace, HoldDays: hold, LegalHold: form.GetValueOrDefault("legal-hold") == "on"), "");
    }

    private static IEnumerable<(Instant At, string What)> Ahead(Visit visit, Store.Reader read)
    {
        foreach (OutlookStep step in StandingRoutes.StepsOf(visit.Account!, read, visit.Now, visit.Now + Ahead120))
        {
            if (step.Days is { } days)
            {
                yield return (At(step.At), visit.Texts.Count("outlook." + step.Type, days, visit.Show.Number(days)));
                continue;
            }

            object? about = step.Package ?? step.Application ?? (step.Total is { } total ? visit.Show.Money(total.ToString(), visit.Account!.Currency) : null);
            yield return (At(step.At), visit.Texts.Of("outlook." + step.Type, about));
        }
    }

    private static IResult Show(Visit visit, Store.Reader read)
    {
        AccountState account = visit.Account!;
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        List<StandingMark> marks =
        [
            .. account.Timeline.Select((change, index) => new StandingMark(
                texts[Key(change.Standing)], At(change.At), new AlertCause(CauseText.Of(visit, change.Cause), AlertsPage.BillOf(visit, change.Cause)),
                index == account.Timeline.Count - 1 ? "present" : "past")),
        ];
        if (StandingRules.Coming(account.Standing, account.Terms) is { } next)
        {
            marks.Add(new StandingMark(texts[Key(next.Standing)], At(next.At), new AlertCause(texts[account.Standing is AccountStanding.Terminated ? "standing.whatever" : "standing.unless"], null), "next"));
        }

        long skipped = Math.Min(visit.Whole("wallet") ?? 0, account.LedgerEntries);
        long last = account.LedgerEntries - skipped, first = Math.Max(0, last - Newest);
        string Wallet(long skip) => visit.With(("wallet", skip > 0 ? $"{skip}" : null), ("said", null)) + "#wallet";
        return ConsolePages.Show<StandingSheet>(visit, new StandingModel(
            texts[Key(account.Standing.Kind)], Tone(account.Standing.Kind), texts[Key(account.Standing.Kind) + ".means"],
            show.Money(account.Balance, account.Currency), marks,
            [
                (texts["terms.grace"], texts.Of("terms.hours", show.Number(account.GraceHours))),
                (texts["terms.hold"], texts.Count("validity.day", account.HoldDays, show.Number(account.HoldDays))),
                (texts["terms.credit"], show.Money(account.CreditLimit, account.Currency)),
                (texts["terms.legal-hold"], texts[account.LegalHold ? "app.on" : "app.off"]),
            ],
            [
                .. read.Ledger(account.Id, first, (int)(last - first)).AsEnumerable().Reverse().Select(row => new LedgerEntry(
                    At(row.At), texts.Find("ledger." + row.Kind) ?? row.Kind, row.Reference, show.Money(row.Amount, account.Currency),
                    show.Money(row.Balance, account.Currency), row.Kind switch
                    {
                        "bill" => visit.ToBill(row.Reference),
                        "package" or "refund" => visit.To("packages"),
                        _ => null,
                    })),
            ],
            [
                .. read.Alerts(account.Id, Math.Max(0, account.Alerts - Newest), Newest).AsEnumerable().Reverse().Select(row => (
                    At(row.At), texts.Find("alert." + row.Type) ?? row.Type, AlertsPage.CauseOf(visit, row))),
            ],
            [.. Ahead(visit, read)],
            new TermsModel(account.GraceHours, account.HoldDays, Money.Parse(account.CreditLimit).ToMinorString(Currency.Get(account.Currency).MinorDigits), account.LegalHold),
            account.Standing.Kind is not (Standing.Terminated or Standing.Released))
        {
            Newer = skipped > 0 ? Wallet(skipped - Newest) : null,
            Older = first > 0 ? Wallet(skipped + Newest) : null,
            HasMoreAlerts = account.Alerts > Newest,
        });
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
    IReadOnlyList<LedgerEntry> Ledger, IReadOnlyList<(Instant At, string What, AlertCause Cause)> Alerts, IReadOnlyList<(Instant At, string What)> Ahead,
    TermsModel Changeable, bool MayEnd)
{
    /// <summary>Entries of the wallet after those that are shown, and before them; null where there are none.</summary>
    public string? Newer { get; init; }
    public string? Older { get; init; }
    public bool HasMoreAlerts { get; init; }
}

/// <summary>The terms as the form has them.</summary>
public sealed record TermsModel(int GraceHours, int HoldDays, string CreditLimit, bool LegalHold);

/// <summary>A step on the line: past, present or next.</summary>
public sealed record StandingMark(string Standing, Instant At, AlertCause Cause, string Time);

/// <summary>An entry of the wallet; the link leads to what was paid for.</summary>
public sealed record LedgerEntry(Instant At, string Kind, string Reference, string Amount, string Balance, string? Link);

using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Past usage by another card, for one account or for all of them. Nothing is changed.</summary>
internal static class WhatIfRoutes
{
    private const int MostDays = 10 * 366, MostShown = 100, Shown = 10, Step = 100;

    public static void Map(Routes routes)
    {
        routes.Post(
            "/v1/accounts/{account}/what-if",
            new Doc("whatIf", "What the usage of some days would have cost by another card, line by line, beside what it did cost.")
            {
                Takes = typeof(WhatIfBody),
                Gives = typeof(WhatIfView),
            },
            (call, fields) => Task.FromResult(One(call, fields)));
        routes.Post(
            "/v1/what-if",
            new Doc("whatIfAll", "The same for all accounts in the card's currency, with those that gain and lose most.")
            {
                Takes = typeof(AllBody),
                Gives = typeof(AllView),
            },
            (call, fields) => Task.FromResult(All(call, fields)));
    }

    private sealed record WhatIfBody(LocalDate From, LocalDate To, string RateCard);

    private sealed record AllBody(LocalDate From, LocalDate To, string RateCard, int? Shown = null);

    private sealed record AllView(
        LocalDate From, LocalDate To, string Currency, string RateCard, int Accounts, int OtherCurrency, string Charged, string WouldCost, string Difference,
        IReadOnlyList<AccountDifference> Gain, IReadOnlyList<AccountDifference> Lose);

    private sealed record AccountDifference(string Account, string Name, string Charged, string WouldCost, string Difference);

    private static IResult One(Call call, Fields fields)
    {
        string id = call.Path("account");
        using Store.Reader read = call.Engine.Store.Read();
        (LocalDate from, LocalDate to, CardVersions? card) = Asked(call, read, fields);
        if (call.Account(read, id) is not { } account)
        {
            return call.Refusal!;
        }

        if (card!.All[0].Currency.Code != account.Currency)
        {
            return Problem.Invalid("/rateCard", $"This card is in {card.All[0].Currency.Code}, the account in {account.Currency}.");
        }

        return Answer.Json(new WhatIf(account, from, to, card, call.Engine.Now).View(read));
    }

    private static IResult All(Call call, Fields fields)
    {
        using Store.Reader read = call.Engine.Store.Read();
        (LocalDate from, LocalDate to, CardVersions? card) = Asked(call, read, fields);
        int shown = (int)(fields.Whole("shown", 1, MostShown) ?? Shown);
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        string currency = card!.All[0].Currency.Code;
        var compared = new List<(AccountState Account, Money Charged, Money Would)>();
        int others = 0;
        foreach (AccountState account in read.States(atOnce: Step))
        {
            call.Cancellation.ThrowIfCancellationRequested();
            if (account.Currency == currency)
            {
                (Money charged, Money would) = new WhatIf(account, from, to, card, call.Engine.Now).Compare(read);
                compared.Add((account, charged, would));
            }
            else
            {
                others++;
            }
        }

        Money before = compared.Aggregate(Money.Zero, (sum, its) => sum + its.Charged);
        Money then = compared.Aggregate(Money.Zero, (sum, its) => sum + its.Would);
        return Answer.Json(new AllView(
            from, to, currency, card.All[0].Version.Card, compared.Count, others, before.ToString(), then.ToString(), (then - before).ToString(),
            [.. compared.Where(its => its.Would < its.Charged).OrderBy(its => its.Would - its.Charged).ThenBy(its => its.Account.Id, StringComparer.Ordinal).Take(shown).Select(View)],
            [.. compared.Where(its => its.Would > its.Charged).OrderBy(its => its.Charged - its.Would).ThenBy(its => its.Account.Id, StringComparer.Ordinal).Take(shown).Select(View)]));
    }

    private static AccountDifference View((AccountState Account, Money Charged, Money Would) its) => new(
        its.Account.Id, its.Account.Name, its.Charged.ToString(), its.Would.ToString(), (its.Would - its.Charged).ToString());

    private static (LocalDate From, LocalDate To, CardVersions? Card) Asked(Call call, Store.Reader read, Fields fields)
    {
        fields.Require("from", "to", "rateCard");
        (LocalDate from, LocalDate to) = (Date(fields, "from"), Date(fields, "to"));
        CardVersions? card = fields.Text("rateCard") is { } name ? read.Card(name) : null;
        if (card is { All.Count: 0 })
        {
            fields.Fault("rateCard", "There is no such rate card. Publish it first: nothing is priced by it before an account has it.");
        }

        if (call.Refusal is null && (from >= to || Period.DaysBetween(from, to) > MostDays))
        {
            fields.Fault("to", $"This must be a date after from, at most {MostDays} days later; it is not in the range itself.");
        }

        return (from, to, card);
    }

    private static LocalDate Date(Fields fields, string name)
    {
        LocalDate date = default;
        if (fields.Text(name) is { } text && !Moments.TryDate(text, out date))
        {
            fields.Fault(name, "This must be a local date such as 2026-11-01.");
        }

        return date;
    }
}

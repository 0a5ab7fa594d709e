using Minutebook.Core.Accounts;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Accounts: who is billed.</summary>
internal static class AccountRoutes
{
    private const int MostAddresses = 20;
    private const int MostMinutes = 366 * 24 * 60;
    /// <summary>The most days that a setting may have.</summary>
    public const int MostDays = 36_600;

    public static void Map(Routes routes)
    {
        routes.Get(
            "/v1/accounts",
            new Doc("listAccounts", "All accounts, by id.") { Gives = typeof(ListView<AccountView>), Query = Doc.Paging },
            List);
        routes.Get(
            "/v1/accounts/{account}",
            new Doc("getAccount", "An account, with its standing and balance.") { Gives = typeof(AccountView) },
            Get);
        routes.Put(
            "/v1/accounts/{account}",
            new Doc("putAccount", "Creates an account, or changes what is given. Currency and time zone are for good.")
            {
                Takes = typeof(AccountBody),
                Gives = typeof(AccountView),
                Statuses = [200, 201],
                Problems = [Code.Immutable, Code.AccountReleased],
            },
            PutAsync);
    }

    /// <summary>What may be put, for the document alone.</summary>
    private sealed record AccountBody(
        string Name, string Currency, string TimeZone, string? RateCard = null, int? SettleDelayMinutes = null, string? CreditLimit = null,
        int? LateDays = null, long? UsageHourBytes = null, [property: SentAsNull] LocalDate? CategorizedSince = null, TermsBody? Terms = null, bool? LegalHold = null,
        string[]? AlertEmails = null);

    private sealed record TermsBody(int? GraceHours = null, int? HoldDays = null);

    private static IResult List(Call call)
    {
        int limit = call.Limit();
        string?[]? after = call.After(1);
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        using Store.Reader read = call.Engine.Store.Read();
        AccountState[] accounts = call.Caller.Account is { } own
            ? [.. new[] { read.State(own) }.OfType<AccountState>().Where(its => string.CompareOrdinal(its.Id, after?[0]) > 0)]
            : [.. read.States(after?[0] ?? "", limit + 1).Take(limit + 1)];
        return Answer.List(accounts, limit, account => AccountView.Of(account, call.HaltedAt(account.Id)), account => Cursor.Of(account.Id));
    }

    private static IResult Get(Call call)
    {
        using Store.Reader read = call.Engine.Store.Read();
        return call.AccountAsItStands(read, call.Path("account")) is { } account ? Answer.Json(AccountView.Of(account, call.HaltedAt(account.Id))) : call.Refusal!;
    }

    private static async Task<IResult> PutAsync(Call call, Fields fields)
    {
        string id = call.Path("account");
        Command.PutAccount put = Read(id, fields);
        using (Store.Reader before = call.Engine.Store.Read())
        {
            if (call.Refusal is null && before.Account(id) is null)
            {
                fields.Require("name", "currency", "timeZone");
            }
        }

        if (call.Refusal is not null || await call.ExecuteAsync(put) is not { } outcome)
        {
            return call.Refusal!;
        }

        using Store.Reader read = call.Engine.Store.Read();
        return call.Account(read, id) is { } account ? Answer.Json(AccountView.Of(account, null), outcome.Created) : call.Refusal!;
    }

    private static Command.PutAccount Read(string id, Fields fields)
    {
        Fields? terms = fields.Object("terms");
        return new Command.PutAccount(
            id, fields.Text("name"), CurrencyOf(fields), ZoneOf(fields), fields.Text("rateCard"),
            (int?)fields.Whole("settleDelayMinutes", 0, MostMinutes), CreditLimitOf(fields), (int?)fields.Whole("lateDays", 0, MostDays),
            fields.Whole("usageHourBytes", 1, (1L << 53) - 1), CategorizedSinceOf(fields),
            (int?)terms?.Whole("graceHours", 0, MostDays * 24), (int?)terms?.Whole("holdDays", 0, MostDays), fields.Flag("legalHold"),
            AlertEmailsOf(fields));
    }

    private static string? CurrencyOf(Fields fields)
    {
        string? currency = fields.Text("currency");
        if (currency is not null && !Currency.TryGet(currency, out _))
        {
            fields.Fault("currency", "This must be a currency of ISO 4217, such as USD.");
        }

        return currency;
    }

    private static string? ZoneOf(Fields fields)
    {
        string? zone = fields.Text("timeZone");
        // NodaTime also makes zones of fixed offsets up; those are no IANA zones.
        if (zone is not null && !DateTimeZoneProviders.Tzdb.Ids.Contains(zone))
        {
            fields.Fault("timeZone", "This must be an IANA time zone, such as Asia/Shanghai.");
        }

        return zone;
    }

    /// <summary>A credit limit as it is kept; null when it cannot be one.</summary>
    public static string? LimitOf(string text) =>
        Money.TryParse(text, out Money limit) && limit >= Money.Zero && limit < Money.TooMuch ? limit.ToString() : null;

    private static string? CreditLimitOf(Fields fields)
    {
        if (fields.Text("creditLimit") is not { } text)
        {
            return null;
        }

        if (LimitOf(text) is { } limit)
        {
            return limit;
        }

        fields.Fault("creditLimit", "This must be an amount from 0 to below 10^18 as a text, such as \"100.00\".");
        return null;
    }

    private static IReadOnlyList<string>? AlertEmailsOf(Fields fields)
    {
        IReadOnlyList<string>? addresses = fields.Texts("alertEmails", MostAddresses);
        for (int i = 0; i < addresses?.Count; i++)
        {
            if (!Mail.IsAddress(addresses[i]))
            {
                fields.Fault($"alertEmails/{i}", "This must be an address such as finance@school.example, ASCII before the @.");
            }
        }

        return addresses is null ? null : [.. addresses.Distinct()];
    }

    private static Given<string> CategorizedSinceOf(Fields fields)
    {
        Given<string> since = fields.NullableText("categorizedSince");
        if (since.Value is { } text && !Moments.TryDate(text, out _))
        {
            fields.Fault("categorizedSince", "This must be a date such as 2027-03-10, or null.");
        }

        return since;
    }
}

using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;

namespace Minutebook.Server;

/// <summary>Applications of an account.</summary>
internal static class ApplicationRoutes
{
    private const int MostRoles = 100;

    public static void Map(Routes routes)
    {
        routes.Get(
            "/v1/accounts/{account}/applications",
            new Doc("listApplications", "An account's applications, by id.") { Gives = typeof(ListView<ApplicationView>), Query = Doc.Paging },
            List);
        routes.Get(
            "/v1/accounts/{account}/applications/{application}",
            new Doc("getApplication", "An application with the settings in force.") { Gives = typeof(ApplicationView) },
            Get);
        routes.Put(
            "/v1/accounts/{account}/applications/{application}",
            new Doc("putApplication", "Creates an application, or changes the settings that are given, from now on.")
            {
                Takes = typeof(ApplicationBody),
                Gives = typeof(ApplicationView),
                Statuses = [200, 201],
                Problems = [Code.ApplicationTaken, Code.AccountReleased],
            },
            PutAsync);
        routes.Put(
            "/v1/accounts/{account}/applications/{application}/pay-as-you-go",
            new Doc("putPayAsYouGo", "Switches pay-as-you-go on or off.")
            {
                Takes = typeof(PayAsYouGoBody),
                Gives = typeof(ApplicationView),
                Problems = [Code.AccountReleased],
            },
            PutPayAsYouGoAsync);
    }

    private sealed record ApplicationBody(
        string Name, MeteringMode? Metering = null, Plan? Plan = null, bool? PayAsYouGo = null, [property: SentAsNull] string? Edition = null,
        CountBy? CountBy = null, string[]? ExcludeRoles = null, string? DefaultTier = null);

    private sealed record PayAsYouGoBody(bool Enabled);

    private static IResult List(Call call)
    {
        int limit = call.Limit();
        string after = call.After(1)?[0] ?? "";
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        ApplicationState[] applications =
        [
            .. account.Applications.Where(application => string.CompareOrdinal(application.Id, after) > 0)
                .OrderBy(application => application.Id, StringComparer.Ordinal).Take(limit + 1),
        ];
        return Answer.List(applications, limit, application => ApplicationView.Of(account, application), application => Cursor.Of(application.Id));
    }

    private static IResult Get(Call call) => Show(call, created: false);

    private static async Task<IResult> PutAsync(Call call, Fields fields)
    {
        (string account, string application) = (call.Path("account"), call.Path("application"));
        Command.PutApplication put = Read(account, application, fields);
        using (Store.Reader before = call.Engine.Store.Read())
        {
            AccountState? state = call.Account(before, account);
            if (state is not null && state.Application(application) is null)
            {
                fields.Require("name");
                RefuseReleased(call, state);
            }
        }

        return call.Refusal is null && await call.ExecuteAsync(put) is { } outcome ? Show(call, outcome.Created) : call.Refusal!;
    }

    private static async Task<IResult> PutPayAsYouGoAsync(Call call, Fields fields)
    {
        (string account, string application) = (call.Path("account"), call.Path("application"));
        fields.Require("enabled");
        bool? enabled = fields.Flag("enabled");
        if (Show(call, created: false) is Problem refusal)
        {
            return refusal;
        }

        var put = new Command.PutApplication(account, application, null, PayAsYouGo: enabled);
        return await call.ExecuteAsync(put) is null ? call.Refusal! : Show(call, created: false);
    }

    private static IResult Show(Call call, bool created)
    {
        string id = call.Path("application");
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        return account.Application(id) is { } application
            ? Answer.Json(ApplicationView.Of(account, application), created)
            : Problem.NotFound($"application {id} of account {account.Id}");
    }

    /// <summary>An application's id must not be taken for good by an account that can do nothing with it any more (rule 7.3).</summary>
    public static void RefuseReleased(Call call, AccountState account)
    {
        if (call.Refusal is null && account.Standing is AccountStanding.Released)
        {
            call.Refuse(Problem.Of(Outcome.Refused(Refusal.AccountReleased, $"{account.Id} is released, for good. Open another account.")));
        }
    }

    /// <summary>What a body asks for.</summary>
    public static Command.PutApplication Read(string account, string application, Fields fields)
    {
        string? tier = fields.Text("defaultTier");
        if (tier is not null && Tiers.Named(tier) is null)
        {
            fields.Fault("defaultTier", $"This must be one of {string.Join(", ", Tiers.Names)}.");
        }

        return new Command.PutApplication(
            account, application, fields.Text("name"), fields.OneOf<MeteringMode>("metering"), fields.OneOf<Plan>("plan"),
            fields.Flag("payAsYouGo"), fields.NullableText("edition"), fields.OneOf<CountBy>("countBy"),
            fields.Texts("excludeRoles", MostRoles)?.Distinct().ToArray(), tier);
    }
}

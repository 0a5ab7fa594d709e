using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Primitives;
using Minutebook.Connectors;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Store;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The account's applications, how each is counted, and where other systems send their webhooks.</summary>
internal sealed class ApplicationsPage(HookRoutes hooks, HookTraffic traffic)
{
    public static void Map(ConsolePages pages, HookRoutes hooks, HookTraffic traffic)
    {
        var page = new ApplicationsPage(hooks, traffic);
        pages.Get("/applications", (visit, _) => page.Show(visit));
        pages.AccountForm("/applications", page.AddAsync);
        pages.AccountForm("/applications/{application}", (visit, form) => page.PutAsync(visit, visit.Call.Path("application"), form, "app-changed"));
        pages.AccountForm("/applications/{application}/pay-as-you-go", page.SwitchAsync);
        pages.AccountForm("/applications/{application}/connectors/{connector}", page.ConnectAsync);
    }

    private async Task<IResult> SwitchAsync(Visit visit, IReadOnlyDictionary<string, StringValues> form)
    {
        string id = visit.Call.Path("application");
        AccountState account = visit.Account!;
        if (account.Application(id) is null)
        {
            return ConsolePages.NotFound(visit);
        }

        bool enabled = form.GetValueOrDefault("enabled") == "true";
        if (await visit.Call.ExecuteAsync(new Command.PutApplication(account.Id, id, null, PayAsYouGo: enabled)) is not null)
        {
            return new SeeOther(visit.To("applications") + (enabled ? "?said=pay-on" : "?said=pay-off"));
        }

        visit.Refuse();
        return Show(visit);
    }

    /// <summary>Whoever adds one means none that is there: its settings would be another's.</summary>
    private async Task<IResult> AddAsync(Visit visit, IReadOnlyDictionary<string, StringValues> form)
    {
        string id = form.GetValueOrDefault("application").ToString().Trim();
        if (visit.Account!.Application(id) is null)
        {
            return await PutAsync(visit, id, form, "app-added");
        }

        visit.Refuse("refused.application-there", "application");
        return Show(visit);
    }

    /// <summary>What a form says becomes what a program would have sent.</summary>
    private async Task<IResult> PutAsync(Visit visit, string id, IReadOnlyDictionary<string, StringValues> form, string said)
    {
        var body = new JsonObject
        {
            ["name"] = form.GetValueOrDefault("name").ToString().Trim(),
            ["edition"] = form.GetValueOrDefault("edition").ToString().Trim() is { Length: > 0 } edition ? edition : null,
            ["excludeRoles"] = new JsonArray([.. form.GetValueOrDefault("excludeRoles").ToString()
                .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(role => (JsonNode)role)]),
        };
        foreach (string field in (string[])["metering", "plan", "countBy", "defaultTier"])
        {
            if (form.GetValueOrDefault(field).ToString() is { Length: > 0 } value)
            {
                body[field] = value;
            }
        }

        string? fault = Fields.Unfit(id) is not null ? "application" : Fields.Unfit(body["name"]!.GetValue<string>()) is not null ? "name" : null;
        if (fault is not null)
        {
            visit.Refuse("refused.application", fault);
            return Show(visit);
        }

        Command.PutApplication put = ApplicationRoutes.Read(
            visit.Account!.Id, id, visit.Call.FieldsOf(JsonSerializer.SerializeToElement(body)));
        if (visit.Account.Application(id) is null)
        {
            ApplicationRoutes.RefuseReleased(visit.Call, visit.Account);
        }

        if (visit.Call.Refusal is null && await visit.Call.ExecuteAsync(put) is not null)
        {
            return new SeeOther(visit.To("applications") + "?said=" + said);
        }

        bool isTaken = visit.Call.Refusal?.Code == Code.ApplicationTaken;
        visit.Refuse(isTaken ? "refused.application-taken" : null, isTaken ? "application" : null);
        return Show(visit);
    }

    private async Task<IResult> ConnectAsync(Visit visit, IReadOnlyDictionary<string, StringValues> form)
    {
        string id = visit.Call.Path("application");
        var body = new JsonObject();
        foreach (string field in (string[])["secret", "apiKey", "callbackUrl"])
        {
            if (form.GetValueOrDefault(field).ToString().Trim() is { Length: > 0 } value)
            {
                body[field] = value;
            }
        }

        if (await hooks.SetUpAsync(visit.Call, visit.Account!.Id, id, visit.Call.Path("connector"), JsonSerializer.SerializeToUtf8Bytes(body)) is not null)
        {
            return new SeeOther($"{visit.To("applications")}?said=connected#connectors-{Uri.EscapeDataString(id)}");
        }

        visit.Refuse();
        return Show(visit);
    }

    private IResult Show(Visit visit)
    {
        HttpRequest request = visit.Call.Http.Request;
        string root = $"{request.Scheme}://{request.Host}";
        return ConsolePages.Show<ApplicationsSheet>(visit, new ApplicationsModel(
            [.. visit.Account!.Applications.Select(application => ShownOf(visit, application, root))],
            [.. visit.Account.Counters.SetAside.Where(reason => reason.Value > 0).Select(reason => (reason.Key, visit.Show.Number(reason.Value)))]));
    }

    private ShownApplication ShownOf(Visit visit, ApplicationState application, string root)
    {
        (ApplicationSettings settings, Texts texts) = (application.Settings, visit.Texts);
        return new ShownApplication(
            application.Id, settings.Name, settings.PayAsYouGo, Standing(visit, application),
            [
                (texts["app.metering"], texts["app.metering." + settings.Metering.ToString().ToLowerInvariant()]),
                (texts["app.count-by"], texts["app.count-by." + settings.CountBy.ToString().ToLowerInvariant()]),
                (texts["app.plan"], texts["app.plan." + settings.Plan.ToString().ToLowerInvariant()]),
                (texts["app.edition"], settings.Edition ?? "–"),
                (texts["app.tier"], texts["tier." + settings.DefaultTier]),
                (texts["app.exclude"], settings.ExcludeRoles.Count == 0 ? "–" : string.Join(", ", settings.ExcludeRoles)),
            ],
            settings, [.. Connected(visit, application, root)]);
    }

    /// <summary>What pay-as-you-go off would mean, with what the application has left.</summary>
    private static string Standing(Visit visit, ApplicationState application)
    {
        PackageState[] serving =
        [
            .. visit.Account!.Packages.Where(package => !package.Refunded && package.UsedUpAt is null && (package.Application is null || package.Application == application.Id)),
        ];
        return serving.Length == 0
            ? visit.Texts["app.no-package"]
            : visit.Texts.Of("app.has-packages", string.Join(", ", serving.Select(package => package.Id)));
    }

    private IEnumerable<ShownConnector> Connected(Visit visit, ApplicationState application, string root)
    {
        ILookup<string, HeardRow> heard = traffic.Of(application.Id).ToLookup(row => row.Connector);
        string Moment(HeardRow row) => visit.Show.FullMoment(Instant.FromUnixTimeMilliseconds(row.LastAt));
        foreach (string name in Connector.Names)
        {
            HeardRow? taken = heard[name].FirstOrDefault(row => row.Reason == HookTraffic.Taken);
            yield return new ShownConnector(
                name, $"{root}/hooks/{Uri.EscapeDataString(application.Id)}/{name}", application.Connectors.ContainsKey(name), name == "livekit",
                name == "bigbluebutton", taken is null ? null : Moment(taken), visit.Show.Number(taken?.Count ?? 0),
                [
                    .. heard[name].Where(row => row.Reason != HookTraffic.Taken).OrderByDescending(row => row.LastAt)
                        .Select(row => new ShownRefusal(visit.Texts["hook." + row.Reason], visit.Show.Number(row.Count), Moment(row), row.Detail)),
                ]);
        }
    }
}

/// <summary>What the page of applications shows.</summary>
public sealed record ApplicationsModel(IReadOnlyList<ShownApplication> Applications, IReadOnlyList<(string Reason, string Count)> SetAside);

/// <summary>An application with its settings, in words and as they are.</summary>
public sealed record ShownApplication(
    string Id, string Name, bool PaysAsItGoes, string Packages, IReadOnlyList<(string Name, string Value)> Words, ApplicationSettings Settings,
    IReadOnlyList<ShownConnector> Connectors);

/// <summary>A connector: the address to put into the other system, and what came from there; refusals by reason, that of the last first.</summary>
public sealed record ShownConnector(
    string Name, string Address, bool IsSetUp, bool HasApiKey, bool HasCallbackUrl, string? LastAt, string Events, IReadOnlyList<ShownRefusal> Refusals);

/// <summary>Deliveries that were refused for one reason: how many, when last, and what was said then.</summary>
public sealed record ShownRefusal(string Reason, string Count, string LastAt, string Detail);

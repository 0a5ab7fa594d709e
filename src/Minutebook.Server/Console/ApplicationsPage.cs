using Minutebook.Connectors;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;

namespace Minutebook.Server;

/// <summary>The account's applications, how each is counted, and where other systems send their webhooks.</summary>
internal static class ApplicationsPage
{
    public static void Map(ConsolePages pages)
    {
        pages.Get("/applications", (visit, _) => Show(visit));
        pages.AccountForm("/applications/{application}/pay-as-you-go", async (visit, form) =>
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
        });
    }

    private static IResult Show(Visit visit)
    {
        HttpRequest request = visit.Call.Http.Request;
        string root = $"{request.Scheme}://{request.Host}";
        return ConsolePages.Show<ApplicationsSheet>(visit, new ApplicationsModel(
            [.. visit.Account!.Applications.Select(application => ShownOf(visit, application, root))],
            [.. visit.Account.Counters.SetAside.Where(reason => reason.Value > 0).Select(reason => (reason.Key, visit.Show.Number(reason.Value)))]));
    }

    private static ShownApplication ShownOf(Visit visit, ApplicationState application, string root)
    {
        (ApplicationSettings settings, Texts texts) = (application.Settings, visit.Texts);
        return new ShownApplication(
            application.Id, settings.Name, settings.PayAsYouGo,
            [
                (texts["app.metering"], texts["app.metering." + settings.Metering.ToString().ToLowerInvariant()]),
                (texts["app.count-by"], texts["app.count-by." + settings.CountBy.ToString().ToLowerInvariant()]),
                (texts["app.plan"], texts["app.plan." + settings.Plan.ToString().ToLowerInvariant()]),
                (texts["app.edition"], settings.Edition ?? "–"),
                (texts["app.tier"], texts["tier." + settings.DefaultTier]),
                (texts["app.exclude"], settings.ExcludeRoles.Count == 0 ? "–" : string.Join(", ", settings.ExcludeRoles)),
            ],
            [.. Connector.Names.Select(name => new ShownConnector(
                name, $"{root}/hooks/{Uri.EscapeDataString(application.Id)}/{name}", application.Connectors.ContainsKey(name)))]);
    }
}

/// <summary>What the page of applications shows.</summary>
public sealed record ApplicationsModel(IReadOnlyList<ShownApplication> Applications, IReadOnlyList<(string Reason, string Count)> SetAside);

/// <summary>An application with its settings.</summary>
public sealed record ShownApplication(
    string Id, string Name, bool PaysAsItGoes, IReadOnlyList<(string Name, string Value)> Settings, IReadOnlyList<ShownConnector> Connectors);

/// <summary>A connector, and the address to put into the other system.</summary>
public sealed record ShownConnector(string Name, string Address, bool IsSetUp);

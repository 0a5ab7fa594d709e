using System.Globalization;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The history of an application's settings (rule 1.7).</summary>
internal static class SettingsRoutes
{
    public static void Map(Routes routes) => routes.Get(
        "/v1/accounts/{account}/applications/{application}/settings",
        new Doc("listSettings", "The history of an application's settings, oldest first; each holds until the next, the first ones also before.")
        {
            Gives = typeof(ListView<SettingsView>),
            Query = Doc.Paging,
        },
        List);

    /// <summary>Settings from an instant on.</summary>
    private sealed record SettingsView(
        Instant From, string Name, MeteringMode Metering, Plan Plan, bool PayAsYouGo, string? Edition, CountBy CountBy,
        IReadOnlyList<string> ExcludeRoles, string DefaultTier);

    private static IResult List(Call call)
    {
        int limit = call.Limit();
        long after = call.AfterNumber(otherwise: -1);

        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account || call.Refusal is not null)
        {
            return call.Refusal!;
        }

        if (account.Application(call.Path("application")) is not { } application)
        {
            return Problem.NotFound($"application {call.Path("application")} of account {account.Id}");
        }

        (int Place, ApplicationSettings Settings)[] rows = [.. application.History.Select((settings, place) => (place, settings)).Where(row => row.place > after).Take(limit + 1)];
        return Answer.List(rows, limit, row => View(row.Settings), row => Cursor.Of(row.Place));
    }

    private static SettingsView View(ApplicationSettings its) => new(
        Instant.FromUnixTimeMilliseconds(its.From), its.Name, its.Metering, its.Plan, its.PayAsYouGo, its.Edition, its.CountBy, its.ExcludeRoles,
        its.DefaultTier);
}

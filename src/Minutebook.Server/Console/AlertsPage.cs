using System.Globalization;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What the account was told, newest first, and that somebody has seen it.</summary>
internal static class AlertsPage
{
    private const int PageRows = 50;

    public static void Map(ConsolePages pages)
    {
        pages.Get("/alerts", Show);
        pages.AccountForm("/alerts/{alert}/acknowledge", async (visit, _) =>
            long.TryParse(visit.Call.Path("alert"), NumberStyles.None, CultureInfo.InvariantCulture, out long index)
            && await visit.Call.ExecuteAsync(new Command.AcknowledgeAlert(visit.Account!.Id, index)) is not null
                ? new SeeOther(visit.To("alerts") + "?said=acknowledged")
                : ConsolePages.NotFound(visit));
    }

    private static IResult Show(Visit visit, Store.Reader read)
    {
        AccountState account = visit.Account!;
        long last = long.TryParse(visit.Query("before"), NumberStyles.None, CultureInfo.InvariantCulture, out long before)
            ? Math.Min(before - 1, account.Alerts) : account.Alerts;
        long first = Math.Max(0, last - PageRows);
        List<AlertRow> rows = read.Alerts(account.Id, first, (int)Math.Max(0, last - first));
        Dictionary<long, long> seen = read.Acknowledgements(account.Id, first, last).ToDictionary(row => row.Index, row => row.At);
        return ConsolePages.Show<AlertsSheet>(visit, new AlertsModel(
            [.. rows.AsEnumerable().Reverse().Select(row => ShownOf(visit, row, seen.TryGetValue(row.Index, out long at) ? at : null))],
            first > 0 ? visit.With(("before", (first + 1).ToString(CultureInfo.InvariantCulture)), ("said", null)) : null));
    }

    /// <summary>Why it was told, and where there is more of it.</summary>
    public static AlertCause CauseOf(Visit visit, AlertRow row) => new(
        row.Type == AlertType.ApplicationRestored ? visit.Texts.Of("cause.over", CauseText.Of(visit, row.Cause)) : CauseText.Of(visit, row.Cause),
        row.Type switch
        {
            AlertType.BillIssued or AlertType.AccountOverdue => BillOf(visit, row.Cause),
            AlertType.BudgetReached => visit.To("budgets"),
            AlertType.Package80Percent or AlertType.PackageUsedUp or AlertType.PackageEnding or AlertType.PackageEnded => visit.To("packages"),
            _ => null,
        });

    /// <summary>The bill that a cause names; null where it names none.</summary>
    public static string? BillOf(Visit visit, string cause) =>
        cause.StartsWith("bill ", StringComparison.Ordinal) ? visit.ToBill(cause["bill ".Length..]) : null;

    private static ShownAlert ShownOf(Visit visit, AlertRow row, long? seen) => new(
        row.Index, visit.Texts.Find("alert." + row.Type) ?? row.Type, Instant.FromUnixTimeMilliseconds(row.At), row.Application, CauseOf(visit, row),
        seen is { } at ? Instant.FromUnixTimeMilliseconds(at) : null);
}

/// <summary>What the page of alerts shows.</summary>
/// <param name="Older">The address of the page after this one; null on the last.</param>
public sealed record AlertsModel(IReadOnlyList<ShownAlert> Alerts, string? Older);

/// <summary>An alert, and when somebody said that it was seen.</summary>
public sealed record ShownAlert(long Number, string What, Instant At, string? Application, AlertCause Cause, Instant? SeenAt);

/// <summary>Why an alert was told; the link leads to more of it, where there is more.</summary>
public sealed record AlertCause(string Text, string? Link);

using System.Globalization;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What an account was told, each once a cause (rule 7.7).</summary>
internal static class AlertRoutes
{
    public static void Map(Routes routes)
    {
        routes.Get(
            "/v1/accounts/{account}/alerts",
            new Doc("listAlerts", "An account's alerts, oldest first.") { Gives = typeof(ListView<AlertView>), Query = Doc.Paging },
            List);
        routes.Post(
            "/v1/accounts/{account}/alerts/{alert}/acknowledge",
            new Doc("acknowledgeAlert", "Notes that somebody has seen an alert; the first time counts.") { Gives = typeof(AlertView) },
            AcknowledgeAsync);
    }

    private static IResult List(Call call)
    {
        int limit = call.Limit();
        long after = call.AfterNumber(otherwise: 0);

        using Store.Reader read = call.Engine.Store.Read();
        if (call.AccountAsItStands(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        AlertRow[] rows = [.. read.Alerts(account.Id, after, limit + 1)];
        Dictionary<long, long> seen = rows.Length == 0
            ? []
            : read.Acknowledgements(account.Id, rows[0].Index, rows[^1].Index).ToDictionary(row => row.Index, row => row.At);
        return Answer.List(rows, limit, row => AlertView.Of(row, Seen(seen, row.Index)), row => Cursor.Of(row.Index));
    }

    private static async Task<IResult> AcknowledgeAsync(Call call)
    {
        string account = call.Path("account");
        string text = call.Path("alert");
        if (call.Refusal is not null)
        {
            return call.Refusal;
        }

        if (!long.TryParse(text, NumberStyles.None, null, out long index))
        {
            return Problem.NotFound($"alert {text} of account {account}");
        }

        if (await call.ExecuteAsync(new Command.AcknowledgeAlert(account, index)) is null)
        {
            return call.Refusal!;
        }

        using Store.Reader read = call.Engine.Store.Read();
        return Answer.Json(AlertView.Of(read.Alert(account, index)!.Value, read.Acknowledgements(account, index, index)[0].At));
    }

    private static long? Seen(Dictionary<long, long> seen, long index) => seen.TryGetValue(index, out long at) ? at : null;
}

/// <summary>An alert as the API and a webhook's <c>data</c> show it.</summary>
/// <param name="Alert">Its number in the account, from 1.</param>
internal sealed record AlertView(
    long Alert, string Type, Instant At, string Account, string? Application, string Cause, JsonElement Data, Instant? AcknowledgedAt)
{
    public static AlertView Of(AlertRow row, long? acknowledgedAt = null) => new(
        row.Index, row.Type, Instant.FromUnixTimeMilliseconds(row.At), row.Account, row.Application, row.Cause,
        JsonElement.Parse(row.Data), acknowledgedAt is { } at ? Instant.FromUnixTimeMilliseconds(at) : null);
}

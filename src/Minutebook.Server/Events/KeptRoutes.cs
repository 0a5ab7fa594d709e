using System.Globalization;
using System.Text.Json;
using Minutebook.Core;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Events that were kept and not applied (rule 1.5).</summary>
internal static class KeptRoutes
{
    public static void Map(Routes routes)
    {
        routes.Get(
            "/v1/events/rejected",
            new Doc("listRejectedEvents", "Events that were kept and not applied, each with its reason.")
            {
                Gives = typeof(ListView<KeptView>),
                Problems = [Code.NotFound],
                Query =
                [
                    ("account", "Only this account's; all when left out."), ("reason", string.Join(", ", Reasons) + "."), .. Doc.Paging,
                ],
            },
            List);
        routes.Get(
            "/v1/events/rejected/summary",
            new Doc("summarizeRejectedEvents", "How many events were kept and not applied, by account and reason.")
            {
                Gives = typeof(ListView<KeptCountView>),
                Problems = [Code.NotFound],
                Query = [("account", "Only this account's; all when left out.")],
            },
            Summarize);
        routes.Post(
            "/v1/events/rejected/reapply",
            new Doc("reapplyRejectedEvents", "Tries an account's kept events again, and those whose application has become its since.")
            {
                Takes = typeof(ReapplyBody),
                Gives = typeof(ReapplyView),
                Problems = [Code.NotFound],
            },
            ReapplyAsync);
    }

    // Rule 1.5.
    private static readonly string[] Reasons = ["late", "unknown-application", "unknown-type", "edition"];

    private sealed record KeptCountView(string? Account, string Reason, long Count);

    private sealed record KeptView(JsonElement Event, string? Account, string Reason, Instant ReceivedAt);

    private sealed record ReapplyBody(string Account);

    private sealed record ReapplyView(string Account, int Tried);

    private static IResult List(Call call)
    {
        int limit = call.Limit();
        (string, long, UInt128)? after = After(call);
        string? account = call.Query("account");
        string? reason = call.Query("reason", Reasons);
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Refusal is not null || (account is not null && call.Account(read, account) is null))
        {
            return call.Refusal!;
        }

        KeptRow[] rows = [.. read.Kept(account, after, limit + 1, reason)];
        return Answer.List(rows, limit, View, row => Cursor.Of(row.Account, row.ReceivedAt.ToString(), row.Identity.ToString("x32")));
    }

    private static IResult Summarize(Call call)
    {
        string? account = call.Query("account");
        using Store.Reader read = call.Engine.Store.Read();
        if (account is not null && call.Account(read, account) is null)
        {
            return call.Refusal!;
        }

        return call.Refusal is { } refusal ? refusal : Answer.Json(new ListView<KeptCountView>(
            [.. read.KeptCounts(account).Select(row => new KeptCountView(row.Account.Length == 0 ? null : row.Account, row.Reason, row.Count))], null));
    }

    private static (string, long, UInt128)? After(Call call)
    {
        if (call.After(3) is not { } key)
        {
            return null;
        }

        if (key[0] is { } account && Cursor.Instant(key[1]) is { } receivedAt
            && UInt128.TryParse(key[2], NumberStyles.HexNumber, null, out UInt128 identity))
        {
            return (account, receivedAt, identity);
        }

        call.RefuseCursor();
        return null;
    }

    private static KeptView View(KeptRow row) => new(
        JsonSerializer.Deserialize<JsonElement>(row.Event), row.Account.Length == 0 ? null : row.Account, row.Reason!,
        Instant.FromUnixTimeMilliseconds(row.ReceivedAt));

    private static async Task<IResult> ReapplyAsync(Call call, Fields fields)
    {
        fields.Require("account");
        string account = fields.Text("account") ?? "";
        using (Store.Reader read = call.Engine.Store.Read())
        {
            call.Account(read, account);
        }

        return call.Refusal is { } refusal
            ? refusal
            : Answer.Json(new ReapplyView(account, await call.Engine.ReapplyAsync(account, call.Caller.AskerFrom(call.Http))));
    }
}

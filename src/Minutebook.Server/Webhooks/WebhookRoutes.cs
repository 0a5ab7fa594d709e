using System.Globalization;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Store;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Webhooks out, and what was sent to them.</summary>
internal sealed class WebhookRoutes(Webhooks webhooks)
{
    private const int MostTypes = 100;

    public static void Map(Routes routes, Webhooks webhooks)
    {
        var its = new WebhookRoutes(webhooks);
        routes.Post(
            "/v1/webhooks",
            new Doc("makeWebhook", "Has alerts sent to a URL, and shows the secret that they are signed with this once.")
            {
                Takes = typeof(WebhookBody),
                Gives = typeof(NewWebhookView),
                Statuses = [201],
                Problems = [Code.NotFound],
            },
            its.PostAsync);
        routes.Get("/v1/webhooks", new Doc("listWebhooks", "All webhooks by id.") { Gives = typeof(ListView<WebhookView>), Query = Doc.Paging }, List);
        routes.Get("/v1/webhooks/{id}", new Doc("getWebhook", "A webhook, without its secret.") { Gives = typeof(WebhookView) }, Get);
        routes.Delete("/v1/webhooks/{id}", new Doc("deleteWebhook", "Ends a webhook, and what is under way to it.") { Statuses = [204] }, its.DeleteAsync);
        routes.Post(
            "/v1/webhooks/{id}/rotate",
            new Doc("rotateWebhookSecret", "Gives a webhook another secret; for a while deliveries are signed with both.")
            {
                Takes = typeof(RotateBody),
                Gives = typeof(NewSecretView),
            },
            its.RotateAsync);
        routes.Post(
            "/v1/webhooks/{id}/enable", new Doc("enableWebhook", "Sends to a webhook again that answered 410.") { Gives = typeof(WebhookView) }, its.EnableAsync);
        routes.Get(
            "/v1/webhooks/{id}/deliveries",
            new Doc("listDeliveries", "What was sent to a webhook, or is to be, newest first; to email or email-accounts, what was mailed.")
            {
                Gives = typeof(ListView<DeliveryView>),
                Query = [("state", "Only waiting, delivered or failed ones."), .. Doc.Paging],
            },
            its.Deliveries);
        routes.Post(
            "/v1/webhooks/{id}/deliveries/{delivery}/redeliver",
            new Doc("redeliver", "Sends a delivery again, with the id that it had.") { Gives = typeof(DeliveryView), Statuses = [202] },
            its.Redeliver);
    }

    private sealed record WebhookBody(string Url, string? Account = null, string[]? Types = null);

    private sealed record NewWebhookView(string Id, string Secret, string Url, string? Account, IReadOnlyList<string> Types);

    private sealed record RotateBody(int? OverlapHours = null);

    private sealed record NewSecretView(string Id, string Secret, Instant PreviousUntil);

    private sealed record WebhookView(
        string Id, string Url, string? Account, IReadOnlyList<string> Types, Instant CreatedAt, bool Enabled, string? Disabled, Instant? PreviousUntil)
    {
        public static WebhookView Of(Webhook webhook) => new(
            webhook.Id, webhook.Url, webhook.Account, webhook.Types, Instant.FromUnixTimeMilliseconds(webhook.CreatedAt), webhook.Disabled is null,
            webhook.Disabled, webhook.SealedPrevious is null ? null : Instant.FromUnixTimeMilliseconds(webhook.PreviousUntil));
    }

    private sealed record DeliveryView(
        string Id, string Type, string Account, long Alert, DeliveryState State, int Attempts, Instant? NextAt, Instant? LastAt, int? Status, string? Detail)
    {
        public static DeliveryView Of(DeliveryRow row) => new(
            row.Id, row.Type, row.Account, row.Alert, row.State, row.Attempts,
            row.State == DeliveryState.Waiting ? Instant.FromUnixTimeMilliseconds(row.NextAt) : null,
            row.LastAt is { } at ? Instant.FromUnixTimeMilliseconds(at) : null, row.Status, row.Detail);
    }

    private async Task<IResult> PostAsync(Call call, Fields fields)
    {
        fields.Require("url");
        (string? url, string? account) = (fields.Text("url", Targets.MostCharacters), fields.NullableText("account").Value);
        IReadOnlyList<string> types = Types(fields);
        if (url is not null && await webhooks.FaultAsync(url) is { } fault)
        {
            fields.Fault("url", fault);
        }

        if (account is not null)
        {
            using Reader read = call.Engine.Store.Read();
            call.AccountAsItStands(read, account);
        }

        return call.Refusal is null && await webhooks.MakeAsync(call, url!, account, types) is var (id, secret)
            ? Answer.Json(new NewWebhookView(id, secret, url!, account, types), created: true)
            : call.Refusal!;
    }

    private static IReadOnlyList<string> Types(Fields fields)
    {
        IReadOnlyList<string> types = fields.Element.TryGetProperty("types", out var given) && given.ValueKind == System.Text.Json.JsonValueKind.Null
            ? []
            : fields.Texts("types", MostTypes) ?? [];
        for (int i = 0; i < types.Count; i++)
        {
            if (!AlertType.All.Contains(types[i]))
            {
                fields.Fault($"types/{i}", $"There is no such type. Types are {string.Join(", ", AlertType.All)}.");
            }
        }

        return [.. types.Distinct()];
    }

    private static IResult List(Call call)
    {
        int limit = call.Limit();
        string after = call.After(1)?[0] ?? "";
        using Reader read = call.Engine.Store.Read();
        Webhook[] webhooks = [.. read.Webhooks().Where(row => string.CompareOrdinal(row.Webhook, after) > 0).Take(limit + 1).Select(row => row.Read())];
        return call.Refusal is { } refusal ? refusal : Answer.List(webhooks, limit, WebhookView.Of, webhook => Cursor.Of(webhook.Id));
    }

    private static IResult Get(Call call) => Asked(call) is { } webhook ? Answer.Json(WebhookView.Of(webhook)) : call.Refusal!;

    private async Task<IResult> DeleteAsync(Call call)
    {
        string id = call.Path("id");
        return call.Refusal is null && await webhooks.DeleteAsync(call, id) ? new Nothing() : call.Refusal!;
    }

    private async Task<IResult> RotateAsync(Call call)
    {
        string id = call.Path("id");
        // The body may be left out.
        long hours = Webhooks.OverlapHours;
        if (call.Http.Request.ContentLength is > 0 || call.Http.Request.Headers.TransferEncoding.Count > 0)
        {
            if (await call.FieldsAsync() is not { } fields)
            {
                return call.Refusal!;
            }

            hours = fields.Whole("overlapHours", 0, Webhooks.MostOverlapHours) ?? Webhooks.OverlapHours;
        }

        return call.Refusal is null && await webhooks.RotateAsync(call, id, hours) is var (secret, until)
            ? Answer.Json(new NewSecretView(id, secret, until))
            : call.Refusal!;
    }

    private async Task<IResult> EnableAsync(Call call)
    {
        return Asked(call) is { } webhook && await webhooks.EnableAsync(call, webhook.Id)
            ? Answer.Json(WebhookView.Of(webhook with { Disabled = null }))
            : call.Refusal!;
    }

    private IResult Deliveries(Call call)
    {
        int limit = call.Limit();
        long before = call.AfterNumber(otherwise: long.MaxValue);

        DeliveryState? state = call.Query("state", "waiting", "delivered", "failed") is { } name ? Enum.Parse<DeliveryState>(name, ignoreCase: true) : null;
        return (webhooks.Mailbox(call.Path("id")) ?? Asked(call)) is { } webhook && call.Refusal is null
            ? Answer.List(
                call.Engine.Store.Outbox.Before(webhook.Id, before, state, limit + 1), limit, DeliveryView.Of,
                row => Cursor.Of(row.Number))
            : call.Refusal!;
    }

    private Task<IResult> Redeliver(Call call) => Task.FromResult(RedeliverNow(call));

    private IResult RedeliverNow(Call call)
    {
        string id = call.Path("delivery");
        if ((webhooks.Mailbox(call.Path("id")) ?? Asked(call)) is not { } webhook || call.Refusal is not null)
        {
            return call.Refusal!;
        }

        return webhooks.Redeliver(call, webhook, id) is { } problem ? problem : Answer.Json(DeliveryView.Of(call.Engine.Store.Outbox.Delivery(webhook.Id, id)!), 202);
    }

    private static Webhook? Asked(Call call)
    {
        string id = call.Path("id");
        if (call.Refusal is not null)
        {
            return null;
        }

        using Reader read = call.Engine.Store.Read();
        if (read.Webhook(id) is { } row)
        {
            return row.Read();
        }

        call.Refuse(Problem.NotFound($"webhook {id}"));
        return null;
    }
}

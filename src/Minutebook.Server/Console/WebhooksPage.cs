using System.Globalization;
using Microsoft.Extensions.Primitives;
using Minutebook.Core.Accounts;
using Minutebook.Store;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Where the account's alerts are sent, and what was sent there.</summary>
internal sealed class WebhooksPage(Webhooks webhooks)
{
    private const int PageRows = 50;

    public static void Map(ConsolePages pages, Webhooks webhooks)
    {
        var its = new WebhooksPage(webhooks);
        pages.Get("/webhooks", (visit, read) => Show(visit, read));
        pages.AccountForm("/webhooks", its.MakeAsync);
        pages.Get("/webhooks/{webhook}", (visit, read) => ShowOne(visit, read));
        pages.AccountForm("/webhooks/{webhook}/rotate", its.RotateAsync);
        pages.AccountForm("/webhooks/{webhook}/enable", async (visit, _) => await DoAsync(visit, "enabled", its.EnableAsync));
        pages.AccountForm("/webhooks/{webhook}/delete", async (visit, _) => await DoAsync(visit, "deleted", its.DeleteAsync));
        pages.AccountForm("/webhooks/{webhook}/deliveries/{delivery}/redeliver", (visit, _) => Task.FromResult(its.Redeliver(visit)));
    }

    private async Task<IResult> MakeAsync(Visit visit, IReadOnlyDictionary<string, StringValues> form)
    {
        string url = form.GetValueOrDefault("url").ToString().Trim();
        string[] types = [.. form.GetValueOrDefault("types").OfType<string>().Intersect(AlertType.All)];
        (string Id, string Secret)? made = null;
        if (await webhooks.FaultAsync(url) is { } fault)
        {
            visit.Refuse("refused.webhook", "url");
            visit.Said += " " + fault;
        }
        else if ((made = await webhooks.MakeAsync(visit.Call, url, visit.Account!.Id, types)) is null)
        {
            visit.Refuse();
        }

        using Reader read = visit.Call.Engine.Store.Read();
        return Show(visit, read, made?.Secret);
    }

    private async Task<IResult> RotateAsync(Visit visit, IReadOnlyDictionary<string, StringValues> form)
    {
        if (Asked(visit) is not { } webhook
            || !int.TryParse(form.GetValueOrDefault("hours").ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int hours)
            || hours > Webhooks.MostOverlapHours)
        {
            return ConsolePages.NotFound(visit);
        }

        (string Secret, Instant)? rotated = await webhooks.RotateAsync(visit.Call, webhook.Id, hours);
        using Reader read = visit.Call.Engine.Store.Read();
        return ShowOne(visit, read, rotated?.Secret);
    }

    private Task<bool> EnableAsync(Visit visit, Webhook webhook) => webhooks.EnableAsync(visit.Call, webhook.Id);

    private Task<bool> DeleteAsync(Visit visit, Webhook webhook) => webhooks.DeleteAsync(visit.Call, webhook.Id);

    private static async Task<IResult> DoAsync(Visit visit, string said, Func<Visit, Webhook, Task<bool>> act) =>
        Asked(visit) is { } webhook && await act(visit, webhook)
            ? new SeeOther(visit.To("webhooks") + "?said=webhook-" + said)
            : ConsolePages.NotFound(visit);

    private IResult Redeliver(Visit visit)
    {
        if (Asked(visit) is not { } webhook)
        {
            return ConsolePages.NotFound(visit);
        }

        if (webhooks.Redeliver(visit.Call, webhook, visit.Call.Path("delivery")) is not { } problem)
        {
            return new SeeOther(visit.To("webhooks/" + webhook.Id) + "?said=redelivered");
        }

        visit.Call.Refuse(problem);
        visit.Refuse();
        using Reader read = visit.Call.Engine.Store.Read();
        return ShowOne(visit, read);
    }

    /// <summary>The webhook that the address names, if it is sent what this account is told.</summary>
    private static Webhook? Asked(Visit visit)
    {
        using Reader read = visit.Call.Engine.Store.Read();
        return Asked(visit, read);
    }

    private static Webhook? Asked(Visit visit, Reader read) =>
        read.Webhook(visit.Call.Path("webhook"))?.Read() is { } webhook && IsOf(visit, webhook) ? webhook : null;

    private static bool IsOf(Visit visit, Webhook webhook) => webhook.Account is null || webhook.Account == visit.Account!.Id;

    private static IResult Show(Visit visit, Reader read, string? secret = null) => ConsolePages.Show<WebhooksSheet>(visit, new WebhooksModel(
        [.. read.Webhooks().Select(row => row.Read()).Where(webhook => IsOf(visit, webhook))], secret));

    private static IResult ShowOne(Visit visit, Reader read, string? secret = null)
    {
        if (Asked(visit, read) is not { } webhook)
        {
            return ConsolePages.NotFound(visit);
        }

        DeliveryState? state = visit.Query("state") switch
        {
            "waiting" => DeliveryState.Waiting,
            "delivered" => DeliveryState.Delivered,
            "failed" => DeliveryState.Failed,
            _ => null,
        };
        long before = long.TryParse(visit.Query("before"), NumberStyles.None, CultureInfo.InvariantCulture, out long given) ? given : long.MaxValue;
        List<DeliveryRow> rows = visit.Call.Engine.Store.Outbox.Before(webhook.Id, before, state, PageRows + 1);
        string? older = rows.Count > PageRows ? visit.With(("before", rows[PageRows - 1].Number.ToString(CultureInfo.InvariantCulture)), ("said", null)) : null;
        return ConsolePages.Show<WebhookSheet>(visit, new WebhookModel(webhook, rows.Take(PageRows).ToArray(), state?.ToString().ToLowerInvariant(), older, secret));
    }
}

/// <summary>What the page of webhooks shows.</summary>
/// <param name="Secret">Of the one that was just made; shown this once.</param>
public sealed record WebhooksModel(IReadOnlyList<Webhook> Webhooks, string? Secret);

/// <summary>What the page of a webhook shows.</summary>
/// <param name="State">Only deliveries in this state; null for all.</param>
/// <param name="Older">The address of the page after this one; null on the last.</param>
/// <param name="Secret">The one that it was just given; shown this once.</param>
public sealed record WebhookModel(Webhook Webhook, IReadOnlyList<DeliveryRow> Deliveries, string? State, string? Older, string? Secret);

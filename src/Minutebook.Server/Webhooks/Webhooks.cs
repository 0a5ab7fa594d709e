using Minutebook.Core.Accounts;
using Minutebook.Store;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What is done with webhooks, whoever asks for it: the API or the console.</summary>
internal sealed class Webhooks(Targets targets, WebhookSecret secrets, Sender sender)
{
    public const int MostOverlapHours = 7 * 24;
    public const int OverlapHours = 24;

    /// <summary>What is wrong with a URL as a target; null for nothing.</summary>
    public Task<string?> FaultAsync(string url) => targets.FaultAsync(url);

    /// <summary>Makes one; its id and its secret, which is shown this once. Null when it was refused.</summary>
    public async Task<(string Id, string Secret)?> MakeAsync(Call call, string url, string? account, IReadOnlyList<string> types)
    {
        string id = KeyText.MakeId();
        (string secret, string closed) = secrets.Make(id);
        if (await call.ExecuteAsync(new Command.MakeWebhook(id, url, closed, account, types)) is null)
        {
            return null;
        }

        sender.Changed();
        return (id, secret);
    }

    /// <summary>Gives it another secret, beside which the one before goes on for a while. Null when it was refused.</summary>
    public async Task<(string Secret, Instant PreviousUntil)?> RotateAsync(Call call, string id, long overlapHours)
    {
        (string secret, string closed) = secrets.Make(id);
        Instant until = SystemClock.Instance.GetCurrentInstant() + Duration.FromHours(overlapHours);
        if (await call.ExecuteAsync(new Command.RotateWebhookSecret(id, closed, until.ToUnixTimeMilliseconds())) is null)
        {
            return null;
        }

        sender.Changed();
        return (secret, until);
    }

    /// <summary>Sends to it again that had answered 410; whether that was done.</summary>
    public async Task<bool> EnableAsync(Call call, string id)
    {
        if (await call.ExecuteAsync(new Command.SwitchWebhook(id)) is null)
        {
            return false;
        }

        sender.Changed();
        return true;
    }

    /// <summary>Ends it, and what is under way to it; whether that was done.</summary>
    public async Task<bool> DeleteAsync(Call call, string id)
    {
        if (await call.ExecuteAsync(new Command.DeleteWebhook(id)) is null)
        {
            return false;
        }

        sender.Changed();
        call.Engine.Store.Outbox.Forget(id);
        return true;
    }

    /// <summary>What alerts are mailed by, as if it were a webhook: <c>email</c> to the installation's addresses, <c>email-accounts</c> to accounts' own.</summary>
    public Webhook? Mailbox(string id) => sender.Mailbox(id);

    /// <summary>Has a delivery sent again; why not, else null.</summary>
    public Problem? Redeliver(Call call, Webhook webhook, string id)
    {
        if (call.Engine.Store.Outbox.Delivery(webhook.Id, id) is not { } delivery)
        {
            return Problem.NotFound($"delivery {id} of webhook {webhook.Id}");
        }

        if (webhook.Disabled is { } why)
        {
            return new Problem(Code.InvalidRequest, $"The webhook is disabled. {why} Enable it first.");
        }

        sender.Redeliver(delivery);
        return null;
    }
}

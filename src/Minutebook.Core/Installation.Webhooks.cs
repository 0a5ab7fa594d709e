using System.Text.Json;
using System.Text.Json.Nodes;
using Minutebook.Core.Accounts;

namespace Minutebook.Core;

public sealed partial class Installation
{
    /// <summary>The most webhooks there may be.</summary>
    public const int MostWebhooks = 1_000;

    private readonly Dictionary<string, Webhook> webhooks = new(StringComparer.Ordinal);

    /// <summary>Restores a webhook.</summary>
    public void Restore(in WebhookRow row) => webhooks[row.Webhook] = row.Read();

    /// <summary>What a command is about, as it is now, for the audit; null when there is nothing yet.</summary>
    public JsonObject? Shown(Command command) => command switch
    {
        Command.MakeKey its => ShownKey(its.Key),
        Command.RevokeKey its => ShownKey(its.Key),
        Command.MakeWebhook its => ShownWebhook(its.Webhook),
        Command.RotateWebhookSecret its => ShownWebhook(its.Webhook),
        Command.SwitchWebhook its => ShownWebhook(its.Webhook),
        Command.DeleteWebhook its => ShownWebhook(its.Webhook),
        _ => null,
    };

    private JsonObject? ShownKey(string id) => !keys.TryGetValue(id, out KeyRow key) ? null : new JsonObject
    {
        ["name"] = key.Name,
        ["role"] = JsonSerializer.SerializeToNode(key.Role, Command.Json),
        ["account"] = key.Account,
        ["organization"] = key.Organization,
        ["department"] = key.Department,
        ["expiresAt"] = key.ExpiresAt,
    };

    private JsonObject? ShownWebhook(string id) => !webhooks.TryGetValue(id, out Webhook? webhook) ? null : new JsonObject
    {
        ["url"] = webhook.Url,
        ["account"] = webhook.Account,
        ["types"] = new JsonArray([.. webhook.Types.Select(type => JsonValue.Create(type))]),
        ["secretsUntil"] = webhook.PreviousUntil,
        ["disabled"] = webhook.Disabled,
    };

    private Outcome Make(Command.MakeWebhook command, long now)
    {
        if (webhooks.Count >= MostWebhooks || webhooks.ContainsKey(command.Webhook))
        {
            return Outcome.Refused(Refusal.InvalidRequest, $"There are already {webhooks.Count} webhooks; there can be {MostWebhooks}.");
        }

        Put(new Webhook(command.Webhook, command.Url, command.Account, command.Types ?? [], command.SealedSecret, now));
        return new Outcome(null, Created: true);
    }

    private Outcome Change(string id, Func<Webhook, Webhook> change)
    {
        if (!webhooks.TryGetValue(id, out Webhook? webhook))
        {
            return Outcome.Refused(Refusal.NotFound, $"There is no webhook {id}.");
        }

        Put(change(webhook));
        return new Outcome(null);
    }

    private Outcome Rotate(Command.RotateWebhookSecret command) => Change(command.Webhook, webhook => webhook with
    {
        SealedSecret = command.SealedSecret,
        SealedPrevious = webhook.SealedSecret,
        PreviousUntil = command.PreviousUntil,
    });

    private Outcome Delete(Command.DeleteWebhook command)
    {
        if (!webhooks.Remove(command.Webhook))
        {
            return Outcome.Refused(Refusal.NotFound, $"There is no webhook {command.Webhook}.");
        }

        pending.Webhooks.Add(new WebhookRow(command.Webhook, []));
        return new Outcome(null);
    }

    private void Put(Webhook webhook)
    {
        webhooks[webhook.Id] = webhook;
        pending.Webhooks.Add(WebhookRow.Of(webhook));
    }
}

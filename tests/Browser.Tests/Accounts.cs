using System.Text.Json;

namespace Minutebook.Browser.Tests;

/// <summary>Accounts beside the school: one about which there is something to show on every page, one that is gone, and one that is new.</summary>
public sealed partial class School
{
    /// <summary>A webhook of the account <c>stood</c>.</summary>
    internal string Webhook { get; private set; } = "";

    internal async Task AccountAsync(string id)
    {
        await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{id}", new { name = $"The {id} school", currency = "USD", timeZone = "Europe/Berlin" });
        await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{id}/applications/{id}-app", new { name = "Lessons" });
    }

    /// <summary>One that a defect keeps from going on.</summary>
    private async Task HaltAsync()
    {
        await AccountAsync("halted");
        await served.HaltAsync("halted");
    }

    private async Task OpenAccountsAsync()
    {
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/new", new { name = "A new school", currency = "EUR", timeZone = "Europe/Berlin" });
        foreach (string id in (string[])["stood", "gone"])
        {
            await AccountAsync(id);
            await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{id}/budgets/term", new { amount = "100", currency = "USD" });
            await served.DoAsync(HttpMethod.Post, "/v1/webhooks", new { url = "https://receiver.invalid/hook", account = id });
            await KeyAsync(new { name = "Reader", role = "account", account = id });
        }

        await served.DoAsync(HttpMethod.Post, "/v1/accounts/stood/terminate", new { reason = "Resold classes" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/gone", new { terms = new { holdDays = 0 } });
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/gone/terminate", new { reason = "Resold classes" });
        JsonElement webhooks = await served.GetAsync("/v1/webhooks");
        Webhook = webhooks.GetProperty("items").EnumerateArray().First(its => its.GetProperty("account").GetString() == "stood").GetProperty("id").GetString()!;
        await TellAsync(("class.danced", Now, "seminar", new { application = "labs" }));
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/college/applications/labs/connectors/jitsi", new { secret = "a secret of both" });
        await PostAsync("/hooks/labs/jitsi/events/room/created", "{}");
    }
}

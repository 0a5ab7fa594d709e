using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>Webhooks out, to receivers of all sorts on the loopback.</summary>
public sealed class WebhookTests
{
    private static readonly Instant Start = Instant.FromUtc(2027, 4, 8, 1, 0);
    private static readonly Retries Quick = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30));

    [Fact]
    public async Task An_alert_is_delivered_once_and_Standard_Webhooks_own_library_believes_it()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await using Served served = await ServeAsync();
        (string id, string secret) = await MakeAsync(served, receiver);
        await BillsAsync(served, "a", days: 1);

        Receiver.Got got = (await receiver.GetAsync(1))[0];
        JsonElement body = JsonSerializer.Deserialize<JsonElement>(got.Body);
        JsonElement alert = (await served.GetAsync("/v1/accounts/a/alerts")).GetProperty("items")[0];
        Assert.Equal("bill.issued", body.GetProperty("type").GetString());
        Assert.Equal(alert.GetProperty("at").GetString(), body.GetProperty("timestamp").GetString());
        Assert.Equal(alert.ToString(), body.GetProperty("data").ToString());
        Assert.Equal(["ok"], await LibraryAsync((secret, got.Headers, got.Body)));

        string tampered = got.Body.Replace("0.77", "0.07");
        Assert.NotEqual(got.Body, tampered);
        Dictionary<string, string> other(string header, string value) => new(got.Headers) { [header] = value };
        Assert.All(
            await LibraryAsync(
                (secret, got.Headers, tampered), (secret, got.Headers, got.Body + " "), (secret, other("webhook-id", "msg_other"), got.Body),
                (secret, other("webhook-timestamp", $"{long.Parse(got.Headers["webhook-timestamp"]) + 1}"), got.Body),
                ("whsec_" + Convert.ToBase64String(new byte[32]), got.Headers, got.Body)),
            answer => Assert.StartsWith("refused", answer));

        await Task.Delay(500);
        Assert.Single(receiver.All);
        JsonElement delivery = await DeliveryAsync(served, id, got.Id, "delivered");
        Assert.Equal((1, 204), (delivery.GetProperty("attempts").GetInt32(), delivery.GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task A_receiver_that_fails_is_asked_again_with_the_same_id_and_a_new_time()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        receiver.Answer = (n, _) => Task.FromResult(n switch { 1 => 500, 2 => 302, 3 => 429, _ => 200 });
        await using Served served = await ServeAsync();
        (string id, string secret) = await MakeAsync(served, receiver);
        await BillsAsync(served, "a", days: 1);

        Receiver.Got[] got = await receiver.GetAsync(4);
        Assert.Single(got.Select(one => one.Id).Distinct());
        Assert.Single(got.Select(one => one.Body).Distinct());
        Assert.All(await LibraryAsync([.. got.Select(one => (secret, one.Headers, one.Body))]), answer => Assert.Equal("ok", answer));
        JsonElement delivery = await DeliveryAsync(served, id, got[0].Id, "delivered");
        Assert.Equal(4, delivery.GetProperty("attempts").GetInt32());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_receiver_that_asks_for_time_has_it(bool asDate)
    {
        await using Receiver receiver = await Receiver.StartAsync();
        receiver.Answer = static (n, _) => Task.FromResult(n == 1 ? 503 : 200);
        receiver.RetryAfter = asDate ? DateTimeOffset.UtcNow.AddSeconds(30).ToString("R") : "30";
        await using Served served = await ServeAsync(Quick with { Most = TimeSpan.FromMinutes(1) });
        (string id, _) = await MakeAsync(served, receiver);
        await BillsAsync(served, "a", days: 1);
        Receiver.Got got = (await receiver.GetAsync(1))[0];

        JsonElement delivery = default;
        await UntilAsync(async () =>
        {
            delivery = await DeliveryAsync(served, id, got.Id, "waiting");
            return delivery.GetProperty("attempts").GetInt32() == 1;
        });
        DateTimeOffset next = delivery.GetProperty("nextAt").GetDateTimeOffset();
        Assert.InRange(next - got.At, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(31));
    }

    [Fact]
    public async Task A_dead_end_is_seen_and_can_be_delivered_again()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        receiver.Answer = static (_, _) => Task.FromResult(503);
        await using Served served = await ServeAsync(Quick with { Until = TimeSpan.FromMilliseconds(300) });
        (string id, _) = await MakeAsync(served, receiver);
        await BillsAsync(served, "a", days: 1);
        Receiver.Got got = (await receiver.GetAsync(1))[0];
        await DeliveryAsync(served, id, got.Id, "failed");

        receiver.Answer = static (_, _) => Task.FromResult(200);
        HttpResponseMessage again = await served.Client.PostAsync($"/v1/webhooks/{id}/deliveries/{got.Id}/redeliver", null);

        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        await DeliveryAsync(served, id, got.Id, "delivered");
        Assert.Equal(got.Id, receiver.All.Last().Id);
        await Served.ProblemAsync(await served.Client.PostAsync($"/v1/webhooks/{id}/deliveries/msg_none/redeliver", null), 404, "not-found");
    }

    [Fact]
    public async Task Who_answers_410_is_sent_no_more_until_somebody_enables_it()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        receiver.Answer = static (_, _) => Task.FromResult(410);
        await using Served served = await ServeAsync();
        (string id, _) = await MakeAsync(served, receiver);
        await BillsAsync(served, "a", days: 1);
        Receiver.Got got = (await receiver.GetAsync(1))[0];
        await DeliveryAsync(served, id, got.Id, "failed");
        await UntilAsync(async () => !(await served.GetAsync($"/v1/webhooks/{id}")).GetProperty("enabled").GetBoolean());

        await BillsAsync(served, "b", days: 1);
        await UntilAsync(async () => (await served.GetAsync($"/v1/webhooks/{id}/deliveries?state=failed")).GetProperty("items").GetArrayLength() == 2);
        Assert.Single(receiver.All);
        await Served.ProblemAsync(await served.Client.PostAsync($"/v1/webhooks/{id}/deliveries/{got.Id}/redeliver", null), 400, "invalid-request");

        receiver.Answer = static (_, _) => Task.FromResult(200);
        await served.DoAsync(HttpMethod.Post, $"/v1/webhooks/{id}/enable", new { });
        await served.DoAsync(HttpMethod.Post, $"/v1/webhooks/{id}/deliveries/{got.Id}/redeliver", new { });
        await DeliveryAsync(served, id, got.Id, "delivered");
    }

    [Fact]
    public async Task An_accounts_bills_come_in_order_though_the_first_fails_and_other_accounts_do_not_wait()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        receiver.Answer = static (n, got) => Task.FromResult(n <= 3 && got.Body.Contains("a-D-2027-04-08", StringComparison.Ordinal) ? 500 : 200);
        await using Served served = await ServeAsync();
        await MakeAsync(served, receiver);
        await BillsAsync(served, "a", days: 3);
        await BillsAsync(served, "b", days: 1);
        await UntilAsync(() => Task.FromResult(receiver.All.Select(got => got.Id).Distinct().Count() == 4 && receiver.All.Last(IsOf("a")).Body.Contains("04-10")));

        string[] bills = [.. receiver.All.Where(IsOf("a")).Select(BillOf)];
        Assert.Equal(bills.Order(StringComparer.Ordinal), bills);
        Assert.True(bills.Length > 3, "The first was sent again.");

        static Func<Receiver.Got, bool> IsOf(string account) => got => BillOf(got).StartsWith(account + "-", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_receiver_keeps_nobody_else_waiting()
    {
        await using Receiver slow = await Receiver.StartAsync();
        await using Receiver quick = await Receiver.StartAsync();
        using var over = new CancellationTokenSource();
        slow.Answer = async (_, _) =>
        {
            await Task.Delay(Timeout.Infinite, over.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            return 200;
        };
        await using Served served = await ServeAsync();
        await MakeAsync(served, slow);
        await MakeAsync(served, quick);
        foreach (string account in (string[])["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])
        {
            await BillsAsync(served, account, days: 1);
        }

        var clock = Stopwatch.StartNew();
        await quick.GetAsync(10);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(14), $"It took {clock.Elapsed}, as long as the slow one has.");
        await over.CancelAsync();
    }

    [Fact]
    public async Task Two_webhooks_of_one_server_keep_each_other_waiting_no_more_than_others()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using var over = new CancellationTokenSource();
        receiver.Answer = async (_, got) =>
        {
            await (got.Path == "/slow" ? Task.Delay(Timeout.Infinite, over.Token).ContinueWith(static _ => { }, TaskScheduler.Default) : Task.CompletedTask);
            return 200;
        };
        await using Served served = await ServeAsync();
        foreach (string path in (string[])["/slow", "/quick"])
        {
            await MakeAsync(served, receiver, new { url = new Uri(new Uri(receiver.Url), path).AbsoluteUri, types = new[] { "bill.issued" } });
        }

        foreach (string account in (string[])["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])
        {
            await BillsAsync(served, account, days: 1);
        }

        var clock = Stopwatch.StartNew();
        await UntilAsync(() => Task.FromResult(receiver.All.Count(got => got.Path == "/quick") == 10));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"It took {clock.Elapsed}, as long as the slow one has.");
        await over.CancelAsync();
    }

    [Fact]
    public async Task A_restart_loses_nothing_and_repeats_nothing_that_was_received()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        receiver.Answer = static (_, _) => Task.FromResult(500);
        await using Served served = await ServeAsync();
        (string id, _) = await MakeAsync(served, receiver);
        await BillsAsync(served, "a", days: 2);
        await receiver.GetAsync(1);
        await served.StopAsync();
        receiver.Answer = static (_, _) => Task.FromResult(200);

        // The tables are made again from the journal; what was sent is not in them.
        File.Delete(Path.Combine(served.Data, "tables.db"));
        await served.RestartAsync();
        await UntilAsync(async () => (await served.GetAsync($"/v1/webhooks/{id}/deliveries?state=delivered")).GetProperty("items").GetArrayLength() == 2);
        int received = receiver.All.Count;
        await served.RestartAsync();
        await Task.Delay(1000);

        Assert.Equal(received, receiver.All.Count);
        Assert.Equal(2, receiver.All.Select(got => got.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_secret_can_be_copied_from_the_answer_as_it_stands()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await using Served served = await ServeAsync();
        (string id, _) = await MakeAsync(served, receiver);
        for (int i = 0; i < 12; i++)
        {
            using HttpResponseMessage made = await served.Client.PostAsync($"/v1/webhooks/{id}/rotate", null);
            Assert.Matches("\"secret\":\"whsec_[A-Za-z0-9/]{43}=\"", await made.Content.ReadAsStringAsync());
        }
    }

    // On PostgreSQL, which several processes have to agree on, a server with another key does not start.
    [Fact]
    [Trait("Store", "SQLite")]
    public async Task A_secret_that_cannot_be_opened_any_more_is_said_and_another_takes_its_place()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await using Served served = await ServeAsync(Quick with { First = TimeSpan.FromMilliseconds(500), Most = TimeSpan.FromSeconds(1) });
        (string id, _) = await MakeAsync(served, receiver);
        await served.StopAsync();
        File.Delete(Path.Combine(served.Data, "secret.key"));
        await served.RestartAsync();
        await BillsAsync(served, "a", days: 1);
        JsonElement delivery = default;
        await UntilAsync(async () =>
        {
            delivery = (await served.GetAsync($"/v1/webhooks/{id}/deliveries")).GetProperty("items").EnumerateArray().FirstOrDefault();
            return delivery.ValueKind == JsonValueKind.Object && delivery.GetProperty("attempts").GetInt32() >= 2;
        });
        Assert.Contains("secret.key", delivery.GetProperty("detail").GetString());
        Assert.Empty(receiver.All);

        using HttpResponseMessage rotated = await served.Client.PostAsync($"/v1/webhooks/{id}/rotate", null);
        string secret = JsonSerializer.Deserialize<JsonElement>(await rotated.Content.ReadAsStringAsync()).GetProperty("secret").GetString()!;
        Receiver.Got got = (await receiver.GetAsync(1))[0];
        Assert.Equal(["ok"], await LibraryAsync((secret, got.Headers, got.Body)));
    }

    [Fact]
    public async Task What_was_given_up_untried_is_forgotten_in_its_time_too()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using var asked = new SemaphoreSlim(0);
        receiver.Answer = async (_, _) =>
        {
            await asked.WaitAsync();
            return 410;
        };
        await using Served served = await ServeAsync();
        (string id, _) = await MakeAsync(served, receiver);
        await BillsAsync(served, "a", days: 3);
        async Task<int> CountAsync(string state) => (await served.GetAsync($"/v1/webhooks/{id}/deliveries{state}")).GetProperty("items").GetArrayLength();
        await UntilAsync(async () => await CountAsync("?state=waiting") == 3);
        asked.Release();
        await UntilAsync(async () => await CountAsync("?state=failed") == 3);

        served.Host.Engine.Store.Outbox.Prune(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1);
        Assert.Equal(0, await CountAsync(""));
    }

    [Fact]
    public async Task A_new_secret_and_the_one_before_both_hold_for_a_while()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await using Served served = await ServeAsync();
        (string id, string before) = await MakeAsync(served, receiver);
        HttpResponseMessage rotated = await served.Client.PostAsJsonAsync($"/v1/webhooks/{id}/rotate", new { overlapHours = 1 });
        string after = (await rotated.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString()!;
        await BillsAsync(served, "a", days: 1);
        Receiver.Got got = (await receiver.GetAsync(1))[0];

        Assert.NotEqual(before, after);
        Assert.Equal(["ok", "ok"], await LibraryAsync((before, got.Headers, got.Body), (after, got.Headers, got.Body)));

        await served.Client.PostAsJsonAsync($"/v1/webhooks/{id}/rotate", new { overlapHours = 0 });
        await BillsAsync(served, "b", days: 1);
        got = (await receiver.GetAsync(2))[1];
        Assert.All(await LibraryAsync((before, got.Headers, got.Body), (after, got.Headers, got.Body)), answer => Assert.StartsWith("refused", answer));
    }

    [Fact]
    public async Task A_webhook_gets_its_accounts_and_its_types_alone_and_nothing_from_before_it()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await using Served served = await ServeAsync();
        await BillsAsync(served, "before", days: 1);
        await served.TwoSchoolsAsync("a", "b");
        await MakeAsync(served, receiver, new { url = receiver.Url, account = "a", types = new[] { "bill.issued" } });
        await MakeAsync(served, receiver, new { url = receiver.Url, account = "b", types = new[] { "account.released" } });
        foreach (string account in (string[])["b", "a"])
        {
            await BillsAsync(served, account, days: 1);
        }

        Assert.StartsWith("a-D-", BillOf((await receiver.GetAsync(1))[0]));
        await Task.Delay(600);
        Assert.Single(receiver.All);
    }

    [Fact]
    public async Task What_is_wrong_with_a_webhook_is_said_and_secrets_are_in_no_list_and_no_file()
    {
        await using Served served = await Served.StartAsync(Start);
        foreach ((object body, string pointer) in ((object, string)[])
            [
                (new { }, "/url"), (new { url = "ftp://example.com/" }, "/url"), (new { url = "http://127.0.0.1:9/" }, "/url"),
                (new { url = "https://u:p@example.com/" }, "/url"), (new { url = "https://example.com/", types = new[] { "no.such" } }, "/types/0"),
            ])
        {
            JsonElement problem = await Served.ProblemAsync(await served.Client.PostAsJsonAsync("/v1/webhooks", body), 400, "invalid-request");
            Assert.Equal([pointer], Served.Pointers(problem));
        }

        await Served.ProblemAsync(await served.Client.PostAsJsonAsync("/v1/webhooks", new { url = "https://93.184.216.34/", account = "none" }), 404, "not-found");
        HttpResponseMessage made = await served.Client.PostAsJsonAsync("/v1/webhooks", new { url = "https://93.184.216.34/hook?token=1" });
        JsonElement webhook = await made.Content.ReadFromJsonAsync<JsonElement>();
        string secret = webhook.GetProperty("secret").GetString()!;
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.DoesNotContain("ecret", await served.Client.GetStringAsync("/v1/webhooks"));
        Assert.DoesNotContain(secret, await served.Client.GetStringAsync("/v1/audit"));
        Assert.Equal(HttpStatusCode.NoContent, (await served.Client.DeleteAsync($"/v1/webhooks/{webhook.GetProperty("id").GetString()}")).StatusCode);
        Assert.Empty((await served.GetAsync("/v1/webhooks")).GetProperty("items").EnumerateArray());
        await served.StopAsync();
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(secret["whsec_".Length..]);
        Assert.All(Directory.GetFiles(served.Data), file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(bytes)));
    }

    [Fact]
    public async Task A_name_that_leads_elsewhere_by_the_time_of_sending_is_not_followed()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await using Served served = await ServeAsync();
        (string id, _) = await MakeAsync(served, receiver);
        await served.StopAsync();

        // The same directory, by a server that allows nothing: what was let in then is looked at again.
        Served strict = await Served.StartAsync(Start, served.Data, options => options with { WebhooksAllow = "", Retries = Quick });
        await BillsAsync(strict, "a", days: 1);
        await UntilAsync(async () => (await strict.GetAsync($"/v1/webhooks/{id}/deliveries")).GetProperty("items") is var items
            && items.GetArrayLength() == 1 && items[0].GetProperty("attempts").GetInt32() >= 2);
        await strict.StopAsync();

        Assert.Empty(receiver.All);
    }

    [Fact]
    public void Retries_go_on_for_three_days_ever_more_slowly_and_then_end()
    {
        long firstAt = 1_000_000, now = firstAt;
        List<long> waits = [];
        for (int attempts = 1; Retries.Default.NextAt(attempts, firstAt, now, chance: 0.5) is { } next; attempts++)
        {
            waits.Add(next - now);
            now = next;
        }

        Assert.Equal(TimeSpan.FromHours(72).TotalMilliseconds, now - firstAt);
        Assert.Equal([1_000, 3_000, 9_000], waits.Take(3));
        Assert.InRange(waits.Count, 15, 30);
        Assert.True(waits.Max() <= TimeSpan.FromHours(6).TotalMilliseconds);
        Assert.Equal((800, 1200), (Retries.Default.NextAt(1, 0, 0, 0), Retries.Default.NextAt(1, 0, 0, 1)));
        Assert.Equal((60_000, 1_000), (Asked(TimeSpan.FromMinutes(1)), Asked(TimeSpan.FromDays(-1))));
        Assert.Equal((long)TimeSpan.FromHours(6).TotalMilliseconds, Asked(TimeSpan.MaxValue));

        static long? Asked(TimeSpan wait) => Retries.Default.NextAt(1, 0, 0, 0.5, wait);
    }

    private static Task<Served> ServeAsync(Retries? retries = null) => Served.StartAsync(
        Start, null, options => options with { WebhooksAllow = "127.0.0.0/8", Retries = retries ?? Quick });

    private static async Task<(string Id, string Secret)> MakeAsync(Served served, Receiver receiver, object? webhook = null)
    {
        HttpResponseMessage made = await served.Client.PostAsJsonAsync("/v1/webhooks", webhook ?? new { url = receiver.Url, types = new[] { "bill.issued" } });
        string text = await made.Content.ReadAsStringAsync();
        Assert.True(made.StatusCode == HttpStatusCode.Created, text);
        JsonElement its = JsonSerializer.Deserialize<JsonElement>(text);
        return (its.GetProperty("id").GetString()!, its.GetProperty("secret").GetString()!);
    }

    /// <summary>Has an account billed for 110 minutes of recording on each of some days.</summary>
    private static async Task BillsAsync(Served served, string account, int days)
    {
        await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{account}", new { name = account, currency = "USD", timeZone = "UTC", creditLimit = "1000" });
        await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{account}/applications/{account}-app", new { name = "App" });
        Instant now = NodaTime.Text.InstantPattern.ExtendedIso.Parse((await served.GetAsync("/v1/sandbox/clock")).GetProperty("now").GetString()!).Value;
        for (int day = 0; day < days; day++, now += Duration.FromDays(1))
        {
            await served.DoAsync(HttpMethod.Post, "/v1/events?wait=true", new[]
            {
                new
                {
                    specversion = "1.0", id = $"{account}{day}", source = "//test", type = "recording.completed",
                    time = NodaTime.Text.InstantPattern.ExtendedIso.Format(now), subject = "c",
                    data = new { application = account + "-app", recording = "r", files = new[] { new { kind = "camera", seconds = 6600 } } },
                },
            });
            await served.MoveClockAsync(now + Duration.FromDays(1) + Duration.FromHours(day == days - 1 ? 2 : 0));
        }
    }

    private static string BillOf(Receiver.Got got) =>
        JsonSerializer.Deserialize<JsonElement>(got.Body).GetProperty("data").GetProperty("data").GetProperty("bill").GetString()!;

    private static async Task<JsonElement> DeliveryAsync(Served served, string webhook, string delivery, string state)
    {
        JsonElement found = default;
        await UntilAsync(async () =>
        {
            found = (await served.GetAsync($"/v1/webhooks/{webhook}/deliveries")).GetProperty("items").EnumerateArray()
                .Single(item => item.GetProperty("id").GetString() == delivery);
            return found.GetProperty("state").GetString() == state;
        });
        return found;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (DateTimeOffset until = DateTimeOffset.UtcNow.AddSeconds(60); !await isSo(); await Task.Delay(50))
        {
            Assert.True(DateTimeOffset.UtcNow < until, "It was not so within a minute.");
        }
    }

    /// <summary>What the library that receivers use says of deliveries, one answer each.</summary>
    private static async Task<string[]> LibraryAsync(params (string Secret, IReadOnlyDictionary<string, string> Headers, string Body)[] deliveries)
    {
        await Installed.Value;
        string input = string.Concat(deliveries.Select(its => JsonSerializer.Serialize(new { secret = its.Secret, headers = its.Headers, body = its.Body }) + "\n"));
        return (await RunAsync("node", "verify.mjs", input)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static readonly Lazy<Task> Installed = new(() => RunAsync("npm", "ci --ignore-scripts --no-audit --no-fund", ""));

    private static async Task<string> RunAsync(string program, string arguments, string input)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Path.Combine(AppContext.BaseDirectory, "Webhooks", "receiver"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {arguments}: {output}");
        return output;
    }
}

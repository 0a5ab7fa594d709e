using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Minutebook.Reference;
using Minutebook.Server.Tests.Hooks;
using Minutebook.Store;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Server.Tests.Processes;

/// <summary>
/// Several processes on one PostgreSQL. MINUTEBOOK_TEST_LONG=1 disturbs them for ten minutes, MINUTEBOOK_SEED=n as in another run.
/// </summary>
[Trait("Store", "Nodes")]
public sealed class NodesTests(ITestOutputHelper output)
{
    private static readonly int Seed = TestRun.Seed ?? Environment.TickCount;

    private static readonly string[] Kinds = ["kill", "pause", "restart of the database", "orderly stop", "silence between a node and the database", "failover that nobody is told of"];

    [Fact]
    public async Task Three_nodes_with_kills_pauses_silence_and_a_database_restart_lose_nothing_and_count_nothing_twice()
    {
        output.WriteLine($"MINUTEBOOK_SEED={Seed}");
        var chance = new Random(Seed);
        using NodeCluster cluster = new(3);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(cluster.StartAsync));
        var load = new NodeLoad(cluster, new Random(Seed + 1));
        await load.CreateAsync();
        using var stop = new CancellationTokenSource();
        Task running = load.RunAsync(stop.Token);
        int rounds = TestRun.IsLong ? 60 : Kinds.Length;
        for (int round = 0; round < rounds && !running.IsCompleted; round++)
        {
            await DisturbAsync(cluster, round % Kinds.Length, chance);
        }

        await stop.CancelAsync();
        await (await Task.WhenAny(running, Task.Delay(NodeLoad.Patience)) == running ? running : Task.FromException(new TimeoutException(await cluster.DescribeAsync())));
        output.WriteLine($"{load.Answered} requests answered, {load.Accounts.Sum(static account => account.Arrivals.Count)} events");
        Assert.True(load.Answered > rounds * 20, "Hardly anything was answered: this tested nothing.");
        for (int node = 0; node < cluster.Count; node++)
        {
            foreach (NodeLoad.Account account in load.Accounts)
            {
                IReadOnlyList<string> wrong;
                try
                {
                    wrong = await NodeLoad.CheckAsync(cluster.Client(node), account);
                }
                catch (Exception refused) when (refused is HttpRequestException or TaskCanceledException)
                {
                    throw new InvalidOperationException($"Node {node} does not answer for {account.Name} (seed {Seed}).\n{await cluster.DescribeAsync()}", refused);
                }

                Assert.True(wrong.Count == 0, $"Node {node}, seed {Seed}:\n{string.Join('\n', wrong)}");
            }
        }

        (int replayed, string replay) = await ServingProcess.RunAsync("replay", "--verify", "--postgres", cluster.Connection);
        Assert.True(replayed == 0, $"{replay} (seed {Seed})");
        (int verified, string journal) = await ServingProcess.RunAsync("journal", "verify", "--postgres", cluster.Connection);
        Assert.True(verified == 0, $"{journal} (seed {Seed})");
        (int whole, string audit) = await ServingProcess.RunAsync("audit", "verify", "--postgres", cluster.Connection);
        Assert.True(whole == 0, $"{audit} (seed {Seed})");
        output.WriteLine(replay + journal + audit);
    }

    private async Task DisturbAsync(NodeCluster cluster, int kind, Random chance)
    {
        int node = chance.Next(cluster.Count);
        await Task.Delay(chance.Next(500, 2_500));
        output.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {Kinds[kind]}, node {node}");
        switch (kind)
        {
            case 0:
                cluster.Kill(node);
                await Task.Delay(chance.Next(0, 4_000));
                await cluster.StartAsync(node);
                break;
            case 1:
                // Long enough for the others to take its shards.
                cluster.Pause(node);
                await Task.Delay(chance.Next(4_000, 8_000));
                cluster.Resume(node);
                break;
            case 2:
                cluster.Database.Stop();
                await Task.Delay(chance.Next(0, 2_000));
                cluster.Database.Start();
                break;
            case 3:
                cluster.Stop(node);
                await cluster.StartAsync(node);
                break;
            case 4:
                cluster.Cut(node);
                await Task.Delay(chance.Next(2_000, 8_000));
                cluster.Mend(node);
                break;
            default:
                cluster.DropConnections();
                await Task.Delay(chance.Next(5_000, 8_000));
                break;
        }
    }

    [Fact]
    public async Task Shards_are_spread_evenly_and_taken_over_when_a_node_is_killed_or_stopped()
    {
        using NodeCluster cluster = new(3);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(cluster.StartAsync));
        using Store.Store looking = Store.Store.Open(new StoreOptions { Directory = "", Postgres = cluster.Connection });
        await EvenlyAsync(3);
        await EverywhereAsync(cluster.Client(0), "before");

        await WithinAsync(TimeSpan.FromSeconds(5), "a kill", cluster.Kill);
        await WithinAsync(TimeSpan.FromSeconds(1), "an orderly stop", cluster.Stop);
        // Nobody can tell a pause from its end: three seconds of silence say so.
        await WithinAsync(TimeSpan.FromSeconds(6), "a pause", cluster.Pause);

        // Whoever asks has all shards changed from the moment on when the node is gone. Of three times one has to be undisturbed by what else the machine does.
        async Task WithinAsync(TimeSpan most, string what, Action<int> end)
        {
            List<long> took = [];
            for (int time = 0; time < 3 && !took.Exists(ms => ms <= most.TotalMilliseconds); time++)
            {
                end(2);
                var clock = Stopwatch.StartNew();
                await EverywhereAsync(cluster.Client(time % 2), $"{what} {time}");
                took.Add(clock.ElapsedMilliseconds);
                await EvenlyAsync(2);
                await (what == "a pause" ? Task.Run(() => cluster.Resume(2)) : cluster.StartAsync(2));
                await EvenlyAsync(3);
            }

            output.WriteLine($"taken over after {what}: {string.Join(", ", took)} ms");
            Assert.True(took.Exists(ms => ms <= most.TotalMilliseconds), $"Taken over after {what} in {string.Join(", ", took)} ms.");
        }

        async Task EvenlyAsync(int nodes)
        {
            int[] held = [];
            for (long until = Environment.TickCount64 + 60_000; Environment.TickCount64 < until; await Task.Delay(100))
            {
                held = [.. looking.Nodes!.Owners().Where(static one => one.IsHeld).GroupBy(static one => one.Node).Select(static its => its.Count())];
                if (held.Sum() == looking.Shards + 1 && held.Length == nodes && held.Max() - held.Min() <= 1)
                {
                    return;
                }
            }

            Assert.Fail($"Shards are not spread evenly over {nodes} nodes: {string.Join(", ", held)}.");
        }

        // An account of each shard is changed, which its owner has to do.
        async Task EverywhereAsync(HttpClient client, string name)
        {
            using HttpClient patient = new() { BaseAddress = client.BaseAddress, Timeout = TimeSpan.FromSeconds(40) };
            patient.DefaultRequestHeaders.Authorization = client.DefaultRequestHeaders.Authorization;
            string[] accounts = [.. Enumerable.Range(0, 200).Select(static i => $"account-{i}").DistinctBy(looking.ShardOf)];
            Assert.Equal(looking.Shards, accounts.Length);
            await Task.WhenAll(accounts.Select(account => patient.PutAsJsonAsync($"/v1/accounts/{account}", new { name, currency = "USD", timeZone = "UTC" })
                .ContinueWith(static done => done.Result.EnsureSuccessStatusCode(), TaskScheduler.Default)));
        }
    }

    [Fact]
    public async Task What_the_owner_of_a_shard_cannot_take_other_nodes_refuse_too_and_say_when_to_come_again()
    {
        using NodeCluster cluster = new(2);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(cluster.StartAsync));
        using Store.Store looking = Store.Store.Open(new StoreOptions { Directory = "", Postgres = cluster.Connection });
        string[] names = [.. Enumerable.Range(0, 100).Select(static i => $"a{i}").DistinctBy(looking.ShardOf).Take(2)];
        foreach (string name in names)
        {
            await OkAsync(cluster.Client(0).PutAsJsonAsync($"/v1/accounts/{name}", new { name, currency = "USD", timeZone = "UTC" }));
            await OkAsync(cluster.Client(0).PutAsJsonAsync($"/v1/accounts/{name}/applications/{name}", new { name }));
        }

        await using NpgsqlConnection blocking = new(cluster.Connection);
        await blocking.OpenAsync();
        await using NpgsqlTransaction transaction = await blocking.BeginTransactionAsync();
        await using (NpgsqlCommand command = new($"SELECT epoch FROM owners WHERE shard = {looking.ShardOf(names[0])} FOR UPDATE", blocking, transaction))
        {
            await command.ExecuteScalarAsync();
        }

        int taken = 0;
        HashSet<int> refused = [];
        for (long until = Environment.TickCount64 + 30_000; refused.Count < 2 && Environment.TickCount64 < until;)
        {
            for (int node = 0; node < 2; node++)
            {
                var clock = Stopwatch.StartNew();
                using HttpResponseMessage answer = await PostAsync(node, names[0], taken);
                Assert.InRange(clock.ElapsedMilliseconds, 0, 6_000);
                taken += answer.IsSuccessStatusCode ? 1 : 0;
                if (!answer.IsSuccessStatusCode && answer.StatusCode is HttpStatusCode.ServiceUnavailable)
                {
                    Assert.NotNull(answer.Headers.RetryAfter);
                    refused.Add(node);
                }

                using HttpResponseMessage other = await PostAsync(node, names[1], taken);
                Assert.True(other.IsSuccessStatusCode, $"{other.StatusCode}");
            }
        }

        Assert.Equal(2, refused.Count);
        await transaction.RollbackAsync();
        Assert.True(await WithinAsync(20_000, async () => (await PostAsync(1, names[0], taken)).IsSuccessStatusCode));
        await OkAsync(cluster.Client(1).PutAsJsonAsync($"/v1/accounts/{names[0]}", new { }));
        JsonElement account = await JsonAsync(cluster.Client(1).GetAsync($"/v1/accounts/{names[0]}"));
        Assert.Equal(taken + 1, account.GetProperty("counters").GetProperty("events").GetInt32());

        Task<HttpResponseMessage> PostAsync(int node, string application, int id) => cluster.Client(node).PostAsJsonAsync("/v1/events", (object[])
        [
            new { specversion = "1.0", id = $"e{id}", source = "//s", type = "content.delivered", time = DateTime.UtcNow.AddHours(-1), data = new { application, bytes = 1, kind = "vod" } },
        ]);
    }

    [Fact]
    public async Task Any_node_serves_any_request_and_knows_what_another_was_told()
    {
        using NodeCluster cluster = new(2);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(cluster.StartAsync));
        (HttpClient one, HttpClient other) = (cluster.Client(0), cluster.Client(1));
        for (int i = 0; i < 8; i++)
        {
            // Accounts of several shards, owned by either.
            (one, other) = (other, one);
            await OkAsync(one.PutAsJsonAsync($"/v1/accounts/a{i}", new { name = "A", currency = "USD", timeZone = "UTC" }));
            await OkAsync(other.PutAsJsonAsync($"/v1/accounts/a{i}/applications/app{i}", new { name = "App" }));
            string application = $"app{i}";
            Assert.True(await WithinTwoSecondsAsync(() => IsAllowedAsync(one, application)));
            object delivered = new { specversion = "1.0", id = $"e{i}", source = "//s", type = "content.delivered", time = DateTime.UtcNow.AddHours(-1), data = new { application = $"app{i}", bytes = 1234, kind = "vod" } };
            await OkAsync(one.PostAsJsonAsync("/v1/events?wait=true", (object[])[delivered]));
            await OkAsync(other.PostAsJsonAsync("/v1/events?wait=true", (object[])[delivered]));
            JsonElement usage = await other.GetFromJsonAsync<JsonElement>($"/v1/accounts/a{i}/usage?meter=delivery&from={DateTime.UtcNow.AddDays(-1):yyyy-MM-dd}&to={DateTime.UtcNow.AddDays(2):yyyy-MM-dd}&granularity=total");
            Assert.Equal(1234, usage.GetProperty("items")[0].GetProperty("quantity").GetInt64());
            JsonElement refused = await JsonAsync(one.PutAsJsonAsync($"/v1/accounts/a{i}", new { currency = "EUR" }), HttpStatusCode.Conflict);
            Assert.EndsWith("immutable", refused.GetProperty("type").GetString(), StringComparison.Ordinal);
        }

        JsonElement key = await JsonAsync(one.PostAsJsonAsync("/v1/keys", new { name = "k", role = "operator" }), HttpStatusCode.Created);
        using HttpClient with = new() { BaseAddress = other.BaseAddress };
        with.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.GetProperty("key").GetString());
        await OkAsync(with.GetAsync("/v1/accounts"));
        await OkAsync(one.DeleteAsync($"/v1/keys/{key.GetProperty("id").GetString()}"));
        Assert.True(await WithinTwoSecondsAsync(async () => (await with.GetAsync("/v1/accounts")).StatusCode == HttpStatusCode.Unauthorized));

        await OkAsync(other.PostAsJsonAsync("/v1/accounts/a0/terminate", new { reason = "A violation." }));
        foreach (HttpClient client in (HttpClient[])[one, other])
        {
            Assert.True(await WithinTwoSecondsAsync(async () => !await IsAllowedAsync(client, "app0")));
        }
    }

    [Fact]
    public async Task What_a_room_does_is_of_one_class_whichever_nodes_are_told()
    {
        using NodeCluster cluster = new(2);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(cluster.StartAsync));
        HttpClient[] clients = [cluster.Client(0), cluster.Client(1)];
        long start = DateTimeOffset.UtcNow.AddHours(-2).ToUnixTimeMilliseconds();
        await OkAsync(clients[0].PutAsJsonAsync("/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC" }));
        await OkAsync(clients[1].PutAsJsonAsync("/v1/accounts/school/applications/math", new { name = "Mathematics" }));
        await OkAsync(clients[0].PutAsJsonAsync("/v1/accounts/school/applications/math/connectors/trtc", new { secret = "a key" }));
        Task TellAsync(int node, int type, int second, string? user, string room) =>
            OkAsync(clients[node].PostTrtcAsync("math", Signed.TrtcRoom(type, start + (second * 1000L), user, room), "a key"));

        for (int room = 0; room < 8; room++)
        {
            // One after another, and every other room all at once.
            string name = $"r{room}";
            List<Func<Task>> told =
            [
                () => TellAsync(0, 101, 0, null, name),
                .. Enumerable.Range(1, 6).Select(user => (Func<Task>)(() => TellAsync(user % 2, 103, 60 + user, $"u{user}", name))),
                .. Enumerable.Range(1, 6).Select(user => (Func<Task>)(() => TellAsync((user + 1) % 2, 104, 660 + user, $"u{user}", name))),
            ];
            if (room % 2 == 0)
            {
                await Task.WhenAll(told.Select(tell => tell()));
                continue;
            }

            foreach (Func<Task> tell in told)
            {
                await tell();
            }
        }

        // What came before a command shows when its outcome does.
        await OkAsync(clients[0].PutAsJsonAsync("/v1/accounts/school", new { }));
        JsonElement rows = await clients[1].GetFromJsonAsync<JsonElement>(
            $"/v1/accounts/school/usage/details?from={DateTime.UtcNow.AddDays(-1):yyyy-MM-dd}&to={DateTime.UtcNow.AddDays(1):yyyy-MM-dd}");
        Assert.Equal(8, rows.GetProperty("items").GetArrayLength());
        Assert.All(rows.GetProperty("items").EnumerateArray(), row => Assert.Equal((6, 3600), (row.GetProperty("userCount").GetInt32(), row.GetProperty("seconds").GetInt32())));
    }

    [Fact]
    public async Task Who_signs_in_at_one_node_is_signed_in_at_every_one_and_out_too()
    {
        using NodeCluster cluster = new(2);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(cluster.StartAsync));
        using HttpClientHandler handler = new() { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };
        using HttpClient browser = new(handler);
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        // Cookies do not tell ports apart.
        Uri[] nodes = [.. Enumerable.Range(0, 2).Select(node => cluster.Client(node).BaseAddress!)];
        HttpResponseMessage signed = await browser.PostAsync(new Uri(nodes[0], "/login"), new FormUrlEncodedContent([new("key", ServingProcess.Key)]));
        Assert.Equal("/", signed.Headers.Location!.ToString());
        foreach (Uri node in nodes)
        {
            HttpResponseMessage page = await browser.GetAsync(node);
            Assert.True(page.StatusCode == HttpStatusCode.OK, $"{node}: {page.StatusCode} {await page.Content.ReadAsStringAsync()}");
        }

        // A node that had never heard of the session takes its forms, and a restart ends none.
        cluster.Stop(1);
        await cluster.StartAsync(1);
        nodes[1] = cluster.Client(1).BaseAddress!;
        string token = System.Text.RegularExpressions.Regex.Match(await browser.GetStringAsync(nodes[0]), "name=\"token\" value=\"([^\"]+)\"").Groups[1].Value;
        string cookie = handler.CookieContainer.GetCookies(nodes[0]).Single().Value;
        Assert.Equal("/login", (await browser.PostAsync(new Uri(nodes[1], "/logout"), new FormUrlEncodedContent([new("token", token)]))).Headers.Location!.ToString());
        handler.CookieContainer.Add(nodes[0], new Cookie("minutebook-session", cookie, "/"));
        Assert.True(await WithinAsync(5_000, async () => (await browser.GetAsync(nodes[0])).StatusCode == HttpStatusCode.SeeOther));
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync(nodes[1])).StatusCode);
    }

    private static async Task<bool> IsAllowedAsync(HttpClient client, string application) =>
        (await JsonAsync(client.PostAsJsonAsync("/v1/decisions", new { application, action = "class.create" }))).GetProperty("allow").GetBoolean();

    private static Task<bool> WithinTwoSecondsAsync(Func<Task<bool>> isSo) => WithinAsync(2_000, isSo);

    private static async Task<bool> WithinAsync(int ms, Func<Task<bool>> isSo)
    {
        for (long until = Environment.TickCount64 + ms; Environment.TickCount64 < until; await Task.Delay(20))
        {
            if (await isSo())
            {
                return true;
            }
        }

        return false;
    }

    private static async Task OkAsync(Task<HttpResponseMessage> asked) => await JsonAsync(asked, null);

    private static async Task<JsonElement> JsonAsync(Task<HttpResponseMessage> asked, HttpStatusCode? wanted = HttpStatusCode.OK)
    {
        using HttpResponseMessage response = await asked;
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(wanted is null ? response.IsSuccessStatusCode : response.StatusCode == wanted, $"{response.RequestMessage!.RequestUri}: {(int)response.StatusCode} {text}");
        return text.StartsWith('{') ? JsonSerializer.Deserialize<JsonElement>(text) : default;
    }
}

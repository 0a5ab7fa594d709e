using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Minutebook.Reference;

namespace Minutebook.Server.Tests.Processes;

/// <summary>
/// People who use whichever node answers: they post events, buy and set things up, each request at any node, and again at another one until
/// it is answered for. Knows what must have come of it.
/// </summary>
internal sealed class NodeLoad(NodeCluster cluster, Random chance)
{
    private const string Zone = "Asia/Kolkata";

    /// <summary>So long it may take until something is done: no bound on the nodes, which are held to seconds where they are not disturbed, but on a
    /// machine that does much else.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(150);

    private static readonly string[] Names = ["north", "south", "east", "west", "upper", "lower"];
    private readonly List<Account> accounts = [.. Names.Select(name => new Account(name))];
    private long number;
    private long answered;

    public IReadOnlyList<Account> Accounts => accounts;

    public long Answered => Interlocked.Read(ref answered);

    /// <summary>An account, and all that was answered for it.</summary>
    internal sealed class Account(string name)
    {
        public string Name => name;
        public ConcurrentDictionary<string, long> Applications { get; } = new(StringComparer.Ordinal);
        public ConcurrentQueue<Arrival> Arrivals { get; } = [];
        public int TopUps;

        public ReferenceHistory History => new(
            new ReferenceAccount(Zone), [.. Applications.Select(one => new ReferenceApplication(one.Key, [new SettingsAt(one.Value, new ReferenceSettings())]))], [],
            [.. Arrivals.OrderBy(arrival => arrival.AtMs)]);
    }

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public async Task CreateAsync()
    {
        foreach (Account account in accounts)
        {
            await DoAsync(HttpMethod.Put, $"/v1/accounts/{account.Name}", () => JsonContent.Create(new { name = account.Name, currency = "USD", timeZone = Zone }));
            await AddApplicationAsync(account);
        }
    }

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(
        [.. Enumerable.Range(0, 4).Select(one => Task.Run(() => PostAsync(new Random(chance.Next()), stop), CancellationToken.None)), Task.Run(() => CommandAsync(new Random(chance.Next()), stop), CancellationToken.None)]);

    private async Task PostAsync(Random its, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Account account = accounts[its.Next(accounts.Count)];
            ReferenceEvent[] events = [.. Enumerable.Range(0, its.Next(1, 12)).SelectMany(_ => Some(account, its))];
            if (its.Next(4) == 0 && account.Arrivals.TryPeek(out Arrival? first))
            {
                events = [.. events, first.Event!];
            }

            byte[] body = Encoding.UTF8.GetBytes(string.Concat(events.Select(static one => one.ToJson() + "\n")));
            long at = Now;
            await DoAsync(HttpMethod.Post, its.Next(5) == 0 ? "/v1/events?wait=true" : "/v1/events", () => Lines(body));
            foreach (ReferenceEvent one in events)
            {
                account.Arrivals.Enqueue(new Arrival(at, one));
            }

            await Task.Delay(its.Next(0, 20), CancellationToken.None);
        }
    }

    private async Task CommandAsync(Random its, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Account account = accounts[its.Next(accounts.Count)];
            if (its.Next(4) == 0 && account.Applications.Count < 6)
            {
                await AddApplicationAsync(account);
            }
            else
            {
                string reference = $"r-{Interlocked.Increment(ref number)}";
                await DoAsync(HttpMethod.Post, $"/v1/accounts/{account.Name}/topups", () => JsonContent.Create(new { amount = "1.50", currency = "USD", reference }));
                account.TopUps++;
            }

            await Task.Delay(its.Next(0, 60), CancellationToken.None);
        }
    }

    private async Task AddApplicationAsync(Account account)
    {
        string name = $"{account.Name}-{account.Applications.Count}";
        long at = Now;
        await DoAsync(HttpMethod.Put, $"/v1/accounts/{account.Name}/applications/{name}", () => JsonContent.Create(new { name }));
        account.Applications[name] = at;
    }

    /// <summary>A delivery, or a stay whose end may come before its beginning.</summary>
    private IEnumerable<ReferenceEvent> Some(Account account, Random its)
    {
        string[] applications = [.. account.Applications.Keys];
        string application = applications[its.Next(applications.Length)];
        long id = Interlocked.Increment(ref number);
        long from = Now - its.NextInt64(3_600_000, 5 * 3_600_000);
        if (its.Next(3) == 0)
        {
            return [Event($"{id}", "content.delivered", from) with { Bytes = its.NextInt64(1, 1L << 40), Kind = "vod" }];
        }

        string user = $"user-{id % 500}";
        ReferenceEvent[] stay =
        [
            Event($"{id}-j", "participant.joined", from) with { User = user, Subject = $"class-{its.Next(20)}" },
            Event($"{id}-l", "participant.left", from + its.NextInt64(1, 3_000_000)) with { User = user },
        ];
        stay[1] = stay[1] with { Subject = stay[0].Subject };
        return its.Next(2) == 0 ? stay : stay.Reverse();

        ReferenceEvent Event(string name, string type, long ms) => new() { Source = "//nodes", Id = name, Type = type, TimeMs = ms, Application = application };
    }

    private static ByteArrayContent Lines(byte[] body)
    {
        ByteArrayContent content = new(body);
        content.Headers.ContentType = new("application/x-ndjson");
        return content;
    }

    /// <summary>At any node, and again at another, until it is done.</summary>
    private async Task DoAsync(HttpMethod method, string path, Func<HttpContent> content)
    {
        for (long until = Now + (long)Patience.TotalMilliseconds; ;)
        {
            string wrong;
            try
            {
                using var request = new HttpRequestMessage(method, path) { Content = content() };
                using HttpResponseMessage response = await cluster.AnyClient(chance).SendAsync(request);
                if (response.IsSuccessStatusCode)
                {
                    Interlocked.Increment(ref answered);
                    return;
                }

                wrong = $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
                if ((int)response.StatusCode != 503)
                {
                    throw new InvalidOperationException($"{method} {path}: {wrong}");
                }
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException or TaskCanceledException)
            {
                wrong = gone.Message;
            }

            if (Now > until)
            {
                throw new InvalidOperationException($"{method} {path} was not answered for {Patience.TotalSeconds} seconds: {wrong}");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>Where the answers of a node are not what the reference has; none if all is right.</summary>
    public static async Task<IReadOnlyList<string>> CheckAsync(HttpClient client, Account account)
    {
        // An account's command shows when all before it does.
        for (long until = Now + (long)Patience.TotalMilliseconds; ; await Task.Delay(100))
        {
            try
            {
                using HttpResponseMessage done = await client.PutAsJsonAsync($"/v1/accounts/{account.Name}", new { });
                if (done.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable || Now > until)
                {
                    done.EnsureSuccessStatusCode();
                    break;
                }
            }
            catch (TaskCanceledException) when (Now <= until)
            {
                // A shard may be changing hands still, after a failover that nobody was told of.
            }
        }

        List<string> wrong = [];
        ReferenceHistory history = account.History;
        var expected = new Expected(history, Now);
        var grid = new Grid(Zone);
        foreach ((string meter, string[] dimensions) in Differential.UsageQuestion.Metered)
        {
            var question = new Differential.UsageQuestion(
                meter, "hour", ["application", .. dimensions], null, ReferenceEvent.Rfc3339(Now - 86_400_000), ReferenceEvent.Rfc3339(Now + 86_400_000));
            string[] want = [.. question.Expected(expected, grid)], have = [.. (await ItemsAsync(client, question.Path(account.Name))).Select(question.Line)];
            wrong.AddRange(want.Except(have).Take(5).Select(line => $"{account.Name} {meter}: expected {line}"));
            wrong.AddRange(have.Except(want).Take(5).Select(line => $"{account.Name} {meter}: but has {line}"));
        }

        JsonElement[] ledger = await ItemsAsync(client, $"/v1/accounts/{account.Name}/ledger?");
        int topUps = ledger.Count(static entry => entry.GetProperty("amount").GetString() is "1.50" or "1.500000");
        if (topUps != account.TopUps)
        {
            wrong.Add($"{account.Name}: {account.TopUps} top-ups were answered for, and {topUps} are in the ledger.");
        }

        JsonElement counters = (await client.GetFromJsonAsync<JsonElement>($"/v1/accounts/{account.Name}")).GetProperty("counters");
        if (counters.GetProperty("events").GetInt64() != expected.Set.Count || counters.GetProperty("conflicts").GetInt64() != 0)
        {
            wrong.Add($"{account.Name}: {expected.Set.Count} events count, and the counters are {counters}.");
        }

        return wrong;
    }

    private static async Task<JsonElement[]> ItemsAsync(HttpClient client, string path)
    {
        List<JsonElement> items = [];
        string cursor = "";
        do
        {
            JsonElement page = await client.GetFromJsonAsync<JsonElement>($"{path}&limit=1000{cursor}");
            items.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("next").GetString() is { } next ? "&cursor=" + Uri.EscapeDataString(next) : "";
        }
        while (cursor.Length > 0);
        return [.. items];
    }
}

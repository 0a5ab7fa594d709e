using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Minutebook.Store;

namespace Minutebook.Cli.Measuring;

/// <summary>
/// Two nodes on one PostgreSQL, and a client that asks the one that stays for one change of an account after another, while the shard of
/// that account, which has all events, changes hands.
/// </summary>
internal sealed class HandingOver : IAsyncDisposable
{
    /// <summary>Who waits longer for a shard to change hands waits in vain.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly Schema schema;
    private readonly DirectoryInfo data;
    private readonly CancellationToken stop;
    private Serving staying;
    private Serving? other;
    private Store.Store? store;
    private string application = "";
    private long events;

    private HandingOver(BenchOptions options, CancellationToken stop)
    {
        (schema, data, this.stop) = (new Schema(options), Directory.CreateTempSubdirectory("minutebook-bench-"), stop);
        staying = Start();
    }

    /// <summary>The longest wait, in ms, when a node joins that is to have the shard.</summary>
    public static Task<double> Join(BenchOptions options, CancellationToken stop) =>
        MeasureAsync(options, static nodes => nodes.LongestAsync(nodes.JoinAsync), stop);

    /// <summary>The same when the shard's owner is told to end.</summary>
    public static Task<double> End(BenchOptions options, CancellationToken stop) =>
        LeaveAsync(options, static nodes => nodes.other!.EndAsync(nodes.stop), stop);

    /// <summary>The same when it is killed.</summary>
    public static Task<double> Kill(BenchOptions options, CancellationToken stop) =>
        LeaveAsync(options, static nodes => nodes.other!.KillAsync(), stop);

    /// <summary>From the command to ready, in ms, of a node that is alone on the database, and opens all that is there.</summary>
    public static Task<double> Open(BenchOptions options, CancellationToken stop) => MeasureAsync(
        options,
        static async nodes =>
        {
            await nodes.staying.EndAsync(nodes.stop);
            await nodes.staying.DisposeAsync();
            nodes.staying = nodes.Start();
            double taken = (await nodes.staying.ReadyAsync(nodes.stop)).TotalMilliseconds;
            await nodes.CheckAsync("Bench");
            return taken;
        },
        stop);

    public async ValueTask DisposeAsync()
    {
        if (other is not null)
        {
            await other.DisposeAsync();
        }

        await staying.DisposeAsync();
        store?.Dispose();
        await schema.DisposeAsync();
        data.Delete(recursive: true);
    }

    private static async Task<double> MeasureAsync(BenchOptions options, Func<HandingOver, Task<double>> measure, CancellationToken stop)
    {
        await using HandingOver nodes = new(options, stop);
        await nodes.FillAsync(options);
        return await measure(nodes);
    }

    /// <summary>The longest wait when the node that joined leaves.</summary>
    private static Task<double> LeaveAsync(BenchOptions options, Func<HandingOver, Task> leave, CancellationToken stop) => MeasureAsync(
        options,
        async nodes =>
        {
            await nodes.JoinAsync();
            return await nodes.LongestAsync(async () =>
            {
                await leave(nodes);
                await nodes.HasAsync(nodes.staying);
            });
        },
        stop);

    private string Account => $"/v1/accounts/{Wire.AccountOf(application)}";

    private Serving Start() => Serving.Start(data, "--postgres", schema.Connection);

    private async Task FillAsync(BenchOptions options)
    {
        await staying.ReadyAsync(stop);
        store = Store.Store.Open(new StoreOptions { Directory = "", Postgres = schema.Connection });
        // Who has more than its share gives the last ones away.
        application = Enumerable.Range(0, int.MaxValue).Select(static number => $"campus-{number}").First(its => store.ShardOf(Wire.AccountOf(its)) == store.Shards);
        events = await staying.FillAsync(application, options, stop);
    }

    private async Task JoinAsync()
    {
        other = Start();
        await other.ReadyAsync(stop);
        await HasAsync(other);
    }

    /// <summary>Waits until a node has the shard.</summary>
    private async Task HasAsync(Serving node)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!store!.Nodes!.Owners().Any(one => one.Shard == store.Shards && one.IsHeld && one.Node.Contains($":{node.ProcessId}:", StringComparison.Ordinal)))
        {
            if (watch.Elapsed > Patience)
            {
                throw new InvalidOperationException($"After {Patience.TotalSeconds} s the shard has not changed hands.");
            }

            await Task.Delay(LookEvery, stop);
        }
    }

    private async Task<double> LongestAsync(Func<Task> change)
    {
        Waiting client = await Waiting.StartAsync(staying.Http, TimeSpan.Zero, Change, stop);
        await change();
        (int done, TimeSpan longest) = await client.EndAsync();
        await CheckAsync(Name(done - 1));
        return longest.TotalMilliseconds;
    }

    private HttpRequestMessage Change(int number) => new(HttpMethod.Put, Account)
    {
        Content = new StringContent($$"""{"name":"{{Name(number)}}"}""", Encoding.UTF8, "application/json"),
    };

    private static string Name(int number) => $"Bench {number}";

    /// <summary>The account has the events, each once, and the last change.</summary>
    private async Task CheckAsync(string name)
    {
        long counted = await staying.CountedAsync([application], stop);
        using JsonDocument account = JsonDocument.Parse(await staying.Http.GetStringAsync(Account, stop));
        string? its = account.RootElement.GetProperty("name").GetString();
        if (counted != events || name != its)
        {
            throw new InvalidOperationException($"{events} events went in and {counted} were counted; the account is called {its}, where {name} was asked for last.");
        }
    }
}

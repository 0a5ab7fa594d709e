using System.Net.Http.Json;
using System.Text.Json;
using Minutebook.Engine;
using Minutebook.Reference;
using Minutebook.Store;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Server.Tests.Processes;

/// <summary>
/// Killed at random moments under load, the server counts every event that it answered for exactly once, and one that it did not answer for
/// at most once (rules 1.3 and 1.4). MINUTEBOOK_TEST_LONG=1 kills it 250 times, MINUTEBOOK_SEED=n at the moments of another run.
/// </summary>
[Trait("Store", "SQLite")]
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const string Now = "2027-03-01T20:00:00Z";
    private static readonly DateTimeOffset Morning = new(2027, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly int Seed = TestRun.Seed ?? Environment.TickCount;

    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-kills-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task What_was_answered_for_counts_exactly_once_whenever_the_server_is_killed()
    {
        output.WriteLine($"MINUTEBOOK_SEED={Seed}");
        var chance = new Random(Seed);
        Sender[] senders = Senders();
        await CreateAsync(senders);
        int kills = TestRun.IsLong ? 250 : 20;
        for (int kill = 1; kill <= kills; kill++)
        {
            if (chance.Next(12) == 0)
            {
                await KillWhileItStartsAsync(chance.Next(0, 700));
            }

            await KillUnderLoadAsync(senders, chance, $"kill {kill} of seed {Seed}");
            VerifyCopy($"kill {kill} of seed {Seed}");
        }

        await FinishAsync(senders);
        output.WriteLine($"{senders.Sum(sender => sender.Answers)} requests answered, {senders.Sum(sender => sender.Applications.Select((_, i) => sender.Of(i).Events).Sum())} events");
        Assert.True(senders.All(sender => sender.Answers > kills / 2), "Hardly anything was answered: this tested nothing.");
        (int replayed, string replay) = await ServingProcess.RunAsync("replay", "--verify", "--data", directory);
        Assert.True(replayed == 0, $"{replay} (seed {Seed})");
        (int verified, string journal) = await ServingProcess.RunAsync("journal", "verify", "--data", directory);
        Assert.True(verified == 0, $"{journal} (seed {Seed})");
        output.WriteLine(replay + journal);
    }

    /// <summary>Four with an application each, and one whose requests are of two accounts at once.</summary>
    private static Sender[] Senders()
    {
        string[] accounts = ["north", "north", "south", "south"];
        return
        [
            .. accounts.Select((account, i) => new Sender(i, [new Told(account, $"app-{i}")], Morning, new Random(Seed + i))),
            new Sender(4, [new Told("north", "app-4-north"), new Told("south", "app-4-south")], Morning, new Random(Seed + 4)),
        ];
    }

    private async Task CreateAsync(Sender[] senders)
    {
        using ServingProcess server = ServingProcess.Start(directory, Now);
        using HttpClient client = await server.ClientAsync();
        foreach (Told told in senders.SelectMany(sender => sender.Applications))
        {
            await PutAsync(client, $"/v1/accounts/{told.Account}", new { name = told.Account, currency = "USD", timeZone = "Asia/Kolkata" });
            await PutAsync(client, $"/v1/accounts/{told.Account}/applications/{told.Application}", new { name = told.Application });
        }
    }

    private async Task KillWhileItStartsAsync(int afterMs)
    {
        using ServingProcess server = ServingProcess.Start(directory, Now);
        await Task.Delay(afterMs);
        server.Kill();
    }

    private async Task KillUnderLoadAsync(Sender[] senders, Random chance, string which)
    {
        using ServingProcess server = ServingProcess.Start(directory, Now);
        using HttpClient client = await server.ClientAsync();
        await SettleAsync(client, senders, which);
        using var stop = new CancellationTokenSource();
        Task[] load = [.. senders.Select(sender => sender.RunAsync(client, stop.Token)), TimeGoesOnAsync(client, chance.Next(1, 40))];
        await Task.Delay(chance.Next(0, 800));
        Assert.False(server.HasExited, $"{which}: the server ended by itself:\n{server.Said}");
        server.Kill();
        await Task.WhenAll(load);
    }

    /// <summary>Days are closed and billed while events come in.</summary>
    private static async Task TimeGoesOnAsync(HttpClient client, int minutes)
    {
        try
        {
            JsonElement clock = await client.GetFromJsonAsync<JsonElement>("/v1/sandbox/clock");
            DateTimeOffset now = clock.GetProperty("now").GetDateTimeOffset().AddMinutes(minutes);
            using HttpResponseMessage moved = await client.PutAsJsonAsync("/v1/sandbox/clock", new { now = now.UtcDateTime });
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException)
        {
            // It was killed meanwhile, as it should be.
        }
    }

    private async Task FinishAsync(Sender[] senders)
    {
        using ServingProcess server = ServingProcess.Start(directory, Now);
        using HttpClient client = await server.ClientAsync();
        await SettleAsync(client, senders, "the end");
        foreach (Sender sender in senders)
        {
            await sender.FinishAsync(client);
        }

        foreach (string account in (string[])["north", "south"])
        {
            await PutAsync(client, $"/v1/accounts/{account}", new { });
        }

        await SettleAsync(client, senders, "the end, all answered");
    }

    private static async Task SettleAsync(HttpClient client, Sender[] senders, string which)
    {
        foreach (string account in senders.SelectMany(sender => sender.Applications).Select(told => told.Account).Distinct())
        {
            Dictionary<string, long> bytes = await UsageAsync(client, account, "delivery"), seconds = await UsageAsync(client, account, "av");
            foreach (Sender sender in senders.Where(sender => sender.Applications.All(told => told.Account == account)))
            {
                sender.Settle([.. sender.Applications.Select(told => (bytes.GetValueOrDefault(told.Application), seconds.GetValueOrDefault(told.Application)))]);
            }
        }

        await SettleAcrossAccountsAsync(client, senders);
        Dictionary<string, (long Events, long Duplicates)> counted = [];
        foreach (string account in senders.SelectMany(sender => sender.Applications).Select(told => told.Account).Distinct())
        {
            JsonElement counters = (await client.GetFromJsonAsync<JsonElement>($"/v1/accounts/{account}")).GetProperty("counters");
            counted[account] = (counters.GetProperty("events").GetInt64(), counters.GetProperty("duplicates").GetInt64());
            Assert.Equal(0, counters.GetProperty("conflicts").GetInt64());
        }

        SettleDuplicates(senders, counted, which);
    }

    /// <summary>
    /// What was sent a second time and not answered has counted as duplicates or not: one choice for each sender must explain the counters
    /// of all accounts.
    /// </summary>
    private static void SettleDuplicates(Sender[] senders, Dictionary<string, (long Events, long Duplicates)> counted, string which)
    {
        Sender[] doubtful = [.. senders.Where(sender => sender.Doubtful is not null)];
        for (int choice = 0; choice < 1 << doubtful.Length; choice++)
        {
            Sender[] chosen = [.. doubtful.Where((_, i) => (choice >> i & 1) == 1)];
            if (counted.All(account => Expected(senders, chosen, account.Key) == account.Value))
            {
                Array.ForEach(doubtful, sender => sender.Resolve(chosen.Contains(sender)));
                return;
            }
        }

        Assert.Fail($"{which}: " + string.Join(' ', counted.Select(account =>
            $"{account.Key} should have {Expected(senders, [], account.Key)} or, with what is doubtful, {Expected(senders, doubtful, account.Key)}, but counts {account.Value}.")));
    }

    private static (long Events, long Duplicates) Expected(Sender[] senders, Sender[] chosen, string account)
    {
        Tally all = default;
        foreach (Sender sender in senders)
        {
            foreach ((Told told, int i) in sender.Applications.Select((told, i) => (told, i)).Where(one => one.told.Account == account))
            {
                all += sender.Of(i) + (chosen.Contains(sender) ? sender.Doubtful![i] : default);
            }
        }

        return (all.Events, all.Duplicates);
    }

    private static async Task SettleAcrossAccountsAsync(HttpClient client, Sender[] senders)
    {
        foreach (Sender sender in senders.Where(sender => sender.Applications.Select(told => told.Account).Distinct().Count() > 1))
        {
            List<(long, long)> shown = [];
            foreach (Told told in sender.Applications)
            {
                shown.Add((
                    (await UsageAsync(client, told.Account, "delivery")).GetValueOrDefault(told.Application),
                    (await UsageAsync(client, told.Account, "av")).GetValueOrDefault(told.Application)));
            }

            sender.Settle(shown);
        }
    }

    private static async Task<Dictionary<string, long>> UsageAsync(HttpClient client, string account, string meter)
    {
        JsonElement usage = await client.GetFromJsonAsync<JsonElement>(
            $"/v1/accounts/{account}/usage?meter={meter}&from=2027-02-01&to=2027-05-01&groupBy=application");
        return usage.GetProperty("items").EnumerateArray()
            .ToDictionary(item => item.GetProperty("group").GetProperty("application").GetString()!, item => item.GetProperty("quantity").GetInt64());
    }

    /// <summary>The tables that the killed server left are what its journal folds to; a copy, so that opening it heals nothing.</summary>
    private void VerifyCopy(string which)
    {
        DirectoryInfo copy = Directory.CreateTempSubdirectory("minutebook-killed-");
        try
        {
            foreach (string file in Directory.GetFiles(directory, "*.db*"))
            {
                File.Copy(file, Path.Combine(copy.FullName, Path.GetFileName(file)));
            }

            using Store.Store store = Store.Store.Open(new StoreOptions { Directory = copy.FullName });
            for (int shard = 0; shard <= store.Shards; shard++)
            {
                if (store.LastPosition(shard) > 0)
                {
                    ShardReplay replay = Replay.Verify(store, shard, Path.Combine(copy.FullName, $"replay-{shard}"));
                    Assert.True(replay.Differences.Count == 0, $"{which}: shard {shard} differs:\n{string.Join('\n', replay.Differences)}");
                }
            }
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    private static async Task PutAsync(HttpClient client, string path, object body)
    {
        using HttpResponseMessage response = await client.PutAsJsonAsync(path, body);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }
}

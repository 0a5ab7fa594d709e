using System.Text;
using System.Text.Json;
using Minutebook.Engine;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Security;

/// <summary>A person who is to be forgotten: nowhere any more, and every figure and bill what it was.</summary>
public sealed class ErasureTests
{
    private const string Person = "canary.person@school.example";
    private static readonly Instant Start = Instant.FromUtc(2027, 4, 8, 1, 0);

    [Fact]
    public async Task A_person_who_is_erased_is_nowhere_and_usage_and_bills_are_what_they_were()
    {
        await using Served served = await Served.StartAsync(Start);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a", new { name = "School", currency = "USD", timeZone = "UTC", creditLimit = "100" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a/applications/app", new { name = "App", countBy = "connection" });
        await served.DoAsync(HttpMethod.Post, "/v1/events?wait=true", Lesson("app", "one"));
        // Before anybody had registered it; taken over afterwards.
        await served.DoAsync(HttpMethod.Post, "/v1/events?wait=true", Lesson("late-app", "two"));
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a/applications/late-app", new { name = "Late" });
        await served.DoAsync(HttpMethod.Post, "/v1/events/rejected/reapply", new { account = "a" });
        await served.MoveClockAsync(Start + Duration.FromDays(2));
        string[] before = await FiguresAsync(served);
        Assert.Contains(before, text => text.Contains(Person, StringComparison.Ordinal));
        await served.StopAsync();

        AuditCheck head = Check(served);
        ErasureReport counted = Erase(served, Person, isConfirmed: false), done = Erase(served, Person, isConfirmed: true);
        Assert.Equal(counted with { Pseudonym = done.Pseudonym }, done);
        Assert.StartsWith("erased-", done.Pseudonym);
        if (!Testing.TestStore.IsPostgres)
        {
            byte[] name = Encoding.UTF8.GetBytes(Person);
            Assert.All(Directory.GetFiles(served.Data), file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(name)));
        }

        await served.RestartAsync();
        string[] after = await FiguresAsync(served);
        Assert.Equal(before.Select(text => text.Replace(Person, done.Pseudonym, StringComparison.Ordinal)), after);
        JsonElement entry = (await served.GetAsync("/v1/audit?account=a")).GetProperty("items")[0];
        Assert.Equal(("erase-user", "minutebook"), (entry.GetProperty("action").GetString(), entry.GetProperty("key").GetString()));
        Assert.Equal(done.Pseudonym, entry.GetProperty("request").GetProperty("pseudonym").GetString());
        await served.StopAsync();

        // What was noted of the audit before is in it still, and what is stored is what the journal folds to.
        Assert.Equal((head.Records + 1, null), (Check(served, (head.Records, head.Head)).Records, Check(served, (head.Records, head.Head)).Fault));
        using Store.Store store = Open(served);
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("minutebook-");
        Assert.All([0, store.ShardOf("a")], shard => Assert.Empty(Replay.Verify(store, shard, Path.Combine(scratch.FullName, $"{shard}")).Differences));
        scratch.Delete(recursive: true);
    }

    [Fact]
    public async Task Nobody_else_is_touched_and_an_account_that_there_is_not_is_told()
    {
        await using Served served = await Served.StartAsync(Start);
        await served.TwoSchoolsAsync("a", "b");
        await served.DoAsync(HttpMethod.Post, "/v1/events?wait=true", Lesson("a-app", "one"));
        await served.DoAsync(HttpMethod.Post, "/v1/events?wait=true", Lesson("b-app", "two"));
        string theirs = await served.Client.GetStringAsync("/v1/accounts/b/classes/b-app/two");
        await served.StopAsync();

        Assert.Equal(new ErasureReport(0, 0, null), Erase(served, "somebody else", isConfirmed: true));
        Assert.Equal(5, Erase(served, Person, isConfirmed: true).Events);
        using (Store.Store store = Open(served))
        {
            Assert.Contains("no account c", Assert.Throws<Store.StoreException>(() => new Erasure(store, "c", Person)).Message);
        }

        await served.RestartAsync();
        Assert.Equal(theirs, await served.Client.GetStringAsync("/v1/accounts/b/classes/b-app/two"));
        Assert.DoesNotContain(Person, await served.Client.GetStringAsync("/v1/accounts/a/classes/a-app/one"));
    }

    /// <summary>A class of two, one of them the person, in all that events can say of somebody.</summary>
    private static object[] Lesson(string application, string @class)
    {
        int number = 0;
        object Event(string type, object data) => new
        {
            specversion = "1.0",
            id = $"{application}-{@class}-{++number}",
            source = "//test",
            type,
            time = "2027-04-08T00:10:00Z",
            subject = @class,
            data,
        };
        return
        [
            Event("class.started", new { application }),
            Event("participant.joined", new { application, user = Person, connection = Person }),
            Event("participant.joined", new { application, user = "somebody", connection = "c" }),
            Event("playback.viewed", new { application, user = Person, recording = "r", seconds = 60 }),
            Event("recording.completed", new { application, recording = "r", files = new[] { new { kind = "camera", seconds = 600, user = Person }, new { kind = "screen", seconds = 60, user = "somebody" } } }),
            Event("content.delivered", new { application, bytes = 1000, kind = "vod", user = Person }),
            Event("nobody.knows", new { application, who = new[] { Person } }),
        ];
    }

    private static async Task<string[]> FiguresAsync(Served served)
    {
        List<string> figures = [];
        foreach (string path in (string[])
            [
                "bills", "usage?meter=av&from=2027-04-01&to=2027-05-01&groupBy=application", "usage/details?from=2027-04-01&to=2027-05-01", "cloud-usage?from=2027-04&to=2027-04",
                "classes/app/one", "classes/late-app/two", "alerts", "ledger",
            ])
        {
            figures.Add(await served.Client.GetStringAsync($"/v1/accounts/a/{path}"));
        }

        figures.Add(await served.Client.GetStringAsync("/v1/bills/a-D-2027-04-08"));
        figures.Add(await served.Client.GetStringAsync("/v1/events/rejected?account=a"));
        return [.. figures];
    }

    private static Store.Store Open(Served served) =>
        Store.Store.Open(new Store.StoreOptions { Directory = served.Data, Postgres = Testing.TestStore.PostgresOf(served.Data) });

    private static ErasureReport Erase(Served served, string user, bool isConfirmed)
    {
        using Store.Store store = Open(served);
        var erasure = new Erasure(store, "a", user);
        return isConfirmed ? erasure.Do(0) : erasure.Count();
    }

    private static AuditCheck Check(Served served, (long, string)? noted = null)
    {
        using Store.Store store = Open(served);
        using Store.Reader read = store.Read();
        return AuditCheck.Of(read, store.ShardOf("a"), noted);
    }
}

using System.Net.Http.Json;
using Minutebook.Testing;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Processes;

[Trait("Store", "Nodes")]
public sealed class MoveTests
{
    private static readonly string[] Questions =
    [
        "/v1/accounts", "/v1/accounts/school", "/v1/accounts/school/usage?meter=delivery&from=2027-01-01&to=2027-02-01&granularity=day&groupBy=application",
        "/v1/accounts/school/ledger", "/v1/accounts/school/bills", "/v1/accounts/school/alerts", "/v1/events/rejected", "/v1/audit?account=school", "/v1/keys", "/v1/webhooks",
    ];

    [Fact]
    public async Task A_store_moves_to_PostgreSQL_while_its_server_goes_on_and_answers_the_same_afterwards()
    {
        string schema = PostgresServer.Shared.NewSchema(), directory = Directory.CreateTempSubdirectory("minutebook-move-").FullName;
        await using Served before = await SchoolAsync(directory);
        await before.DoAsync(HttpMethod.Post, "/v1/keys", new { name = "K", role = "operator" });
        await before.DoAsync(HttpMethod.Post, "/v1/webhooks", new { url = "http://192.0.2.1/", types = (string[])["bill.issued"] });
        await PostAsync(before, "app", 0, 300);
        await PostAsync(before, "nobodys", 0, 3);
        await before.DoAsync(HttpMethod.Post, "/v1/accounts/school/topups", new { amount = "10", currency = "USD", reference = "r" });
        await before.MoveClockAsync(Instant.FromUtc(2027, 1, 12, 0, 0));

        (Task<(int Code, string Output)> move, Task asked) = Begin(directory, schema);
        for (int i = 1; i < 30 || !(asked.IsCompleted || move.IsCompleted); i++)
        {
            await PostAsync(before, "app", i * 1_000, 40);
            await Task.Delay(100);
        }

        Assert.False(move.IsCompleted, move.IsCompleted ? (await move).Output : "");
        await before.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "The school" });
        string[] answers = await AskAsync(before);
        string keys = CopyKeys(directory);
        // The new server may be started before the old one ends, and waits.
        Task<Served> starting = Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0), keys, options => options with { Postgres = schema });
        await Task.WhenAny(starting, Task.Delay(2_000));
        Assert.False(starting.IsCompleted);
        await before.StopAsync();
        (int code, string output) = await move;
        Assert.True(code == 0, output);
        Assert.Contains("row by row", output, StringComparison.Ordinal);
        await using (Served after = await starting)
        {
            Assert.Equal(answers, await AskAsync(after));
            await PostAsync(after, "app", 0, 300);
            await after.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { });
            Assert.Equal(answers[2], (await AskAsync(after))[2]);
            (int again, string refused) = await ServingProcess.RunAsync("move", "--data", directory, "--postgres", schema);
            Assert.True(again != 0 && refused.Contains("A server runs on the database", StringComparison.Ordinal), refused);
        }
    }

    [Fact]
    public async Task A_move_whose_sessions_end_goes_on_and_no_server_that_waits_takes_what_is_not_whole()
    {
        string schema = PostgresServer.Shared.NewSchema(), directory = Directory.CreateTempSubdirectory("minutebook-move-").FullName;
        await using Served before = await SchoolAsync(directory);
        await PostAsync(before, "app", 0, 300);
        (Task<(int Code, string Output)> move, Task asked) = Begin(directory, schema);
        await Task.WhenAny(asked, move);
        string keys = CopyKeys(directory);
        Task<Served> starting = Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0), keys, options => options with { Postgres = schema });
        await Task.WhenAny(starting, Task.Delay(1_000));
        Assert.True(PostgresServer.EndHolders(schema) > 0);
        for (int i = 1; i < 20; i++)
        {
            await PostAsync(before, "app", i * 1_000, 40);
            await Task.Delay(100);
        }

        Assert.False(starting.IsCompleted);
        await before.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "The school" });
        string[] answers = await AskAsync(before);
        await before.StopAsync();
        (int code, string output) = await move;
        Assert.True(code == 0, output);
        Assert.Contains("It goes on from where it is", output, StringComparison.Ordinal);
        Assert.Contains("row by row", output, StringComparison.Ordinal);
        await using Served after = await starting;
        Assert.Equal(answers, await AskAsync(after));
    }

    [Fact]
    public async Task Where_a_move_was_broken_off_no_server_starts_until_it_is_whole()
    {
        string schema = PostgresServer.Shared.NewSchema(), directory = Directory.CreateTempSubdirectory("minutebook-move-").FullName;
        await using Served before = await SchoolAsync(directory);
        using (Engine.Move move = new(directory, schema))
        {
            move.CatchUp(static _ => { }, default);
        }

        string why = (await Assert.ThrowsAsync<Store.StoreException>(
            () => Served.StartAsync(Instant.FromUtc(2027, 1, 10, 0, 0), Directory.CreateTempSubdirectory("minutebook-moved-").FullName, options => options with { Postgres = schema }))).Message;
        Assert.Contains("Run minutebook move again", why, StringComparison.Ordinal);
        await before.StopAsync();
        (int code, string output) = await ServingProcess.RunAsync("move", "--data", directory, "--postgres", schema);
        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task Nothing_is_moved_where_something_else_is()
    {
        string schema = PostgresServer.Shared.NewSchema();
        string[] directories = [.. Enumerable.Range(0, 2).Select(static _ => Directory.CreateTempSubdirectory("minutebook-move-").FullName)];
        foreach (string directory in directories)
        {
            await using Served served = await Served.StartAsync(Instant.FromUtc(2027, 1, 10, 0, 0), directory, static options => options with { Postgres = null });
            await served.DoAsync(HttpMethod.Put, $"/v1/accounts/a{Array.IndexOf(directories, directory)}", new { name = "A", currency = "USD", timeZone = "UTC" });
            await served.StopAsync();
            (int code, string output) = await ServingProcess.RunAsync("move", "--data", directory, "--postgres", schema);
            Assert.True(directory == directories[0] ? code == 0 : code != 0 && output.Contains("something else", StringComparison.Ordinal), output);
        }

        (int missing, string said) = await ServingProcess.RunAsync("move", "--data", "/nowhere", "--postgres", schema);
        Assert.True(missing != 0 && said.Contains("no journal", StringComparison.Ordinal), said);
    }

    /// <summary>A server with its files in a directory, and an account.</summary>
    private static async Task<Served> SchoolAsync(string directory)
    {
        Served served = await Served.StartAsync(Instant.FromUtc(2027, 1, 10, 0, 0), directory, static options => options with { Postgres = null });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "Asia/Shanghai" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/app", new { name = "App" });
        return served;
    }

    /// <summary>Begins to move, and tells when only the old server's end is waited for.</summary>
    private static (Task<(int Code, string Output)> Move, Task Asked) Begin(string directory, string schema)
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return (ServingProcess.RunAsync(
            line => _ = line.StartsWith("Stop the old server", StringComparison.Ordinal) && asked.TrySetResult(), "move", "--data", directory, "--postgres", schema), asked.Task);
    }

    /// <summary>A directory for the new server, with the keys of the old.</summary>
    private static string CopyKeys(string directory)
    {
        string keys = Directory.CreateTempSubdirectory("minutebook-moved-").FullName;
        Directory.GetFiles(directory, "*.key").ToList().ForEach(file => File.Copy(file, Path.Combine(keys, Path.GetFileName(file))));
        return keys;
    }

    private static async Task PostAsync(Served served, string application, int first, int count)
    {
        using HttpResponseMessage response = await served.Client.PostAsJsonAsync("/v1/events", Enumerable.Range(first, count).Select(i => new
        {
            specversion = "1.0",
            id = $"{application}-{i}",
            source = "//s",
            type = "content.delivered",
            time = "2027-01-09T10:00:00Z",
            data = new { application, bytes = 1_000 + i, kind = "vod" },
        }));
        response.EnsureSuccessStatusCode();
    }

    private static async Task<string[]> AskAsync(Served served)
    {
        List<string> answers = [];
        foreach (string question in Questions)
        {
            string answer = await served.Client.GetStringAsync(question);
            // When a key was used is no part of what moves.
            answers.Add(System.Text.RegularExpressions.Regex.Replace(answer, "\"(lastUsedAt|usedAt)\":(null|\"[^\"]*\")", ""));
        }

        return [.. answers];
    }
}

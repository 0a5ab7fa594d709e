using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Store;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>A sandboxed server on a free port and an empty directory, for the tests of a class or for one of them.</summary>
public sealed class Served : IAsyncLifetime, IAsyncDisposable
{
    private readonly string directory;
    private Instant start;
    private Func<ServeOptions, ServeOptions> with = static options => options;
    private bool isRunning;

    public Served() : this(Instant.FromUtc(2027, 1, 1, 0, 0), null) { }

    private Served(Instant start, string? directory)
    {
        this.start = start;
        this.directory = directory ?? Directory.CreateTempSubdirectory("minutebook-").FullName;
    }

    public RunningHost Host { get; private set; } = null!;
    public HttpClient Client { get; private set; } = null!;
    public string Key { get; private set; } = "";
    public string Data => directory;

    /// <summary>A server of its own for one test, whose clock starts there; in a directory that is its own, and gone after it.</summary>
    internal static async Task<Served> StartAsync(Instant at, string? directory = null, Func<ServeOptions, ServeOptions>? with = null)
    {
        var served = new Served(at, directory) { with = with ?? (static options => options) };
        await served.InitializeAsync();
        return served;
    }

    public async Task InitializeAsync()
    {
        Host = await Server.Host.StartAsync(with(new ServeOptions(directory, "http://127.0.0.1:0", Testing.TestStore.PostgresOf(directory), Sandbox: true, start)));
        Key = Environment.GetEnvironmentVariable("MINUTEBOOK_ADMIN_KEY") ?? (await File.ReadAllTextAsync(Path.Combine(directory, "admin.key"))).Trim();
        Client = new HttpClient { BaseAddress = new Uri(Host.Address) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        isRunning = true;
    }

    /// <summary>Stops it in order and starts it again on its directory, by another clock or the same.</summary>
    public async Task RestartAsync(Instant? at = null)
    {
        await StopAsync();
        start = at ?? start;
        await InitializeAsync();
    }

    /// <summary>Stops it in order; its directory stays until the end.</summary>
    public async Task StopAsync()
    {
        if (isRunning)
        {
            isRunning = false;
            Client.Dispose();
            await Host.DisposeAsync();
        }
    }

    /// <summary>Starts it again on a store that says that this build could not go on with an account, or that another could not.</summary>
    internal async Task HaltAsync(string account, string? build = null)
    {
        await StopAsync();
        using (Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory, Postgres = Testing.TestStore.PostgresOf(directory) }))
        {
            int shard = store.ShardOf(account);
            Assert.True(SpinWait.SpinUntil(() => store.TryHold(shard), 30_000));
            (long position, long time) = store.PositionOf(shard);
            var changes = new Changes();
            changes.Halted.Add(new HaltedRow(
                build is null ? account : $"{account} too", position, time, build ?? Engine.Fold.Build, "System.InvalidOperationException: A defect.\n   at Minutebook.Core.Book.Take(EventBatch batch, Int32 index)"));
            store.Write(shard, changes, position, time);
            store.Release(shard);
        }

        await InitializeAsync();
    }

    /// <summary>Starts it again on SQLite's files as they are now, as if it had been killed.</summary>
    internal async Task KillAsync()
    {
        string left = Directory.CreateTempSubdirectory("minutebook-").FullName;
        string[] files = [.. Directory.GetFiles(directory, "*.db").Concat(Directory.GetFiles(directory, "*.db-wal"))];
        // What was durable when tables were copied is in the journal by then.
        foreach (string file in files.OrderBy(static file => Path.GetFileName(file).StartsWith("journal", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(left, Path.GetFileName(file)));
        }

        await StopAsync();
        foreach (string file in Directory.GetFiles(directory, "*.db*"))
        {
            File.Delete(file);
        }

        foreach (string file in Directory.GetFiles(left))
        {
            File.Move(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        Directory.Delete(left);
        await InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(directory, recursive: true);
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    public Task<HttpResponseMessage> PutAsync(string path, object body) => Client.PutAsJsonAsync(path, body);

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string body, string type = "application/json")
    {
        var request = new HttpRequestMessage(method, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return Client.SendAsync(request);
    }

    public async Task<JsonElement> GetAsync(string path) => await Client.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Does what must succeed.</summary>
    internal async Task DoAsync(HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        using HttpResponseMessage response = await Client.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }

    internal Task MoveClockAsync(Instant to) => DoAsync(HttpMethod.Put, "/v1/sandbox/clock", new { now = InstantPattern.ExtendedIso.Format(to) });

    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, int status, string code)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"expected {status} {code}, got {(int)response.StatusCode} {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.ToString());
        JsonElement problem = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.EndsWith(code, problem.GetProperty("type").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        return problem;
    }

    public static IEnumerable<string?> Pointers(JsonElement problem) =>
        problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString());
}

using System.Net.Http.Json;
using Microsoft.Playwright;
using Minutebook.Server.Tests;
using NodaTime;
using Xunit;

namespace Minutebook.Browser.Tests;

/// <summary>A school with a term behind it, served, and a browser to look at it with.</summary>
public sealed partial class School : IAsyncLifetime
{
    internal const string Name = "school";

    private static readonly Instant Start = Instant.FromUtc(2026, 11, 2, 6, 0);

    private readonly List<IBrowserContext> contexts = [];
    private IPlaywright? playwright;
    private Served served = null!;

    internal Served Served => served;
    public IBrowser Browser { get; private set; } = null!;
    public string Address => served.Host.Address;
    public string Key => served.Key;
    public string DepartmentKey { get; private set; } = "";
    public string AccountKey { get; private set; } = "";
    public string CollegeKey { get; private set; } = "";
    public string IngestKey { get; private set; } = "";

    public async Task InitializeAsync()
    {
        served = await Served.StartAsync(Start, null, options => options with { WebhooksAllow = "127.0.0.1" });
        await OpenAsync();
        await TeachAsync();
        await OpenCollegeAsync();
        await OpenAccountsAsync();
        await HaltAsync();
        AccountKey = await KeyAsync(new { name = "finance", role = "account", account = "school" });
        CollegeKey = await KeyAsync(new { name = "college", role = "account", account = "college" });
        IngestKey = await KeyAsync(new { name = "lms", role = "ingest", account = "school" });
        DepartmentKey = await KeyAsync(new { name = "physics", role = "department", account = "school", department = "Physics" });
        playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(30_000);
        Browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium(), Args = ["--no-sandbox"] });
    }

    public async Task DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        playwright?.Dispose();
        await served.DisposeAsync();
    }

    /// <summary>A page of somebody who signed in; what the browser complains of is collected.</summary>
    internal async Task<(IPage Page, List<string> Complaints)> SignInAsync(string? key = null, BrowserNewContextOptions? options = null)
    {
        options ??= new BrowserNewContextOptions();
        options.Locale ??= "en-GB";
        options.BaseURL = Address;
        IBrowserContext context = await Browser.NewContextAsync(options);
        contexts.Add(context);
        IPage page = await context.NewPageAsync();
        List<string> complaints = [];
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => complaints.Add(error);
        await page.GotoAsync("/login");
        await page.FillAsync("[name=key]", key ?? Key);
        await page.ClickAsync("button.main");
        await page.WaitForURLAsync(url => !url.Contains("/login", StringComparison.Ordinal));
        return (page, complaints);
    }

    /// <summary>Closes what a test opened: pages that listen would go on asking.</summary>
    internal async Task LeaveAsync()
    {
        foreach (IBrowserContext context in contexts)
        {
            await context.CloseAsync();
        }

        contexts.Clear();
    }

    /// <summary>The system's browser. There is no test without one, and no other is fetched.</summary>
    private static string Chromium()
    {
        IEnumerable<string> places =
            from directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            from name in (string[])["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
            select Path.Combine(directory, name);
        string? found = Environment.GetEnvironmentVariable("MINUTEBOOK_BROWSER") ?? places.FirstOrDefault(File.Exists);
        Assert.True(
            found is not null,
            "These tests need Chromium, and none is on the PATH. Debian and Ubuntu: apt-get install chromium; or set MINUTEBOOK_BROWSER to the program.");
        return found;
    }

    private async Task<string> KeyAsync(object key)
    {
        HttpResponseMessage made = await served.Client.PostAsJsonAsync("/v1/keys", key);
        return (await made.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>()).GetProperty("key").GetString()!;
    }

    private async Task OpenAsync()
    {
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/school/versions/2026-11-01", new
        {
            currency = "USD",
            rates = new object[]
            {
                new { id = "av", meter = "av", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1000, free = 10, price = "7.00" },
                new { id = "delivery", meter = "delivery", period = "day", scope = "account", unit = new { name = "GB", size = 1_000_000_000 }, roundUp = "period", per = 1, price = "0.05" },
            },
            packages = new object[]
            {
                new { sku = "min-1000", name = "1,000 minutes", quantity = "1000", unit = "minute", covers = new[] { new { rate = "av", ratio = "1" } }, scope = "account", validity = "P1M", price = "6.00" },
            },
        });
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/school/versions/2026-12-01", new
        {
            currency = "USD",
            rates = new object[]
            {
                new { id = "av", meter = "av", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1000, free = 10, price = "6.50" },
                new { id = "delivery", meter = "delivery", period = "day", scope = "account", unit = new { name = "GB", size = 1_000_000_000 }, roundUp = "period", per = 1, price = "0.05" },
            },
        });
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/flat/versions/2026-11-01", new
        {
            currency = "USD",
            rates = new object[] { new { id = "av", meter = "av", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1000, price = "10.00" } },
        });
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/each/versions/2026-11-01", new
        {
            currency = "USD",
            rates = new object[] { new { id = "av", meter = "av", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "participant", per = 1000, price = "10.00" } },
        });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "A School", currency = "USD", timeZone = "Europe/Berlin", rateCard = "school" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/math", new { name = "Mathematics" });
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/school/topups", new { amount = "100.00", currency = "USD", reference = "bank 1" });
    }

    private async Task TeachAsync()
    {
        List<object> events = [];
        void Add(string type, string time, string? subject, object data) => events.Add(new
        {
            specversion = "1.0",
            source = "lms",
            id = events.Count.ToString(System.Globalization.CultureInfo.InvariantCulture),
            type,
            time,
            subject,
            data,
        });
        for (int number = 0; number < 60; number++)
        {
            (string id, string minute) = ($"algebra-{number:D2}", number.ToString("D2", System.Globalization.CultureInfo.InvariantCulture));
            Add("class.started", $"2026-11-02T08:{minute}:00Z", id, new { application = "math", name = $"Algebra {number}" });
            Add("participant.joined", $"2026-11-02T08:{minute}:00Z", id, new { application = "math", user = "ada", role = "teacher" });
            Add("participant.joined", $"2026-11-02T08:{minute}:30Z", id, new { application = "math", user = "ben", role = "student" });
            Add("participant.left", $"2026-11-02T09:{minute}:00Z", id, new { application = "math", user = "ben", role = "student" });
            Add("class.ended", $"2026-11-02T09:{minute}:30Z", id, new { application = "math" });
        }

        Add("content.delivered", "2026-11-02T10:00:00Z", null, new { application = "math", bytes = 31_000_000_000L, kind = "vod", department = "Physics" });
        Add("content.delivered", "2026-11-02T10:00:00Z", null, new { application = "math", bytes = 62_000_000_000L, kind = "vod", department = "Chemistry" });
        Add("content.delivered", "2026-11-02T10:00:00Z", null, new { application = "math", bytes = 3_100_000_000L, kind = "download", department = "Physics" });
        Add("content.delivered", "2026-11-02T10:00:00Z", null, new { application = "math", bytes = 15_500_000_000L, kind = "live" });
        await served.MoveClockAsync(Instant.FromUtc(2026, 11, 2, 12, 0));
        await served.DoAsync(HttpMethod.Post, "/v1/events?wait=true", events);
        await served.MoveClockAsync(Instant.FromUtc(2026, 11, 3, 12, 0));
    }
}

/// <summary>Tests that share the school.</summary>
[CollectionDefinition(School.Name)]
public sealed class SchoolTests : ICollectionFixture<School>;

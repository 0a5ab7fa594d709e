using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

/// <summary>
/// A school in Shanghai and what it was billed in January 2027: on the 1st three classes, a recording and screenshots; on the 2nd an
/// adjustment of the 1st for a participant who was reported late; on the 31st the month.
/// </summary>
public sealed class Campus : IAsyncLifetime
{
    public const string First = "school-D-2027-01-01", Second = "school-D-2027-01-02", Month = "school-M-2027-01";

    // Local midnight of the first day.
    public static readonly Instant Midnight = Instant.FromUtc(2026, 12, 31, 16, 0);

    private int events;

    public Served Served { get; private set; } = null!;

    public HttpClient Client => Served.Client;

    public async Task InitializeAsync()
    {
        Served = await Served.StartAsync(Midnight);
        await Served.DoAsync(HttpMethod.Put, "/v1/rate-cards/campus/versions/2026-12-01", Card("10.00"));
        await Served.DoAsync(HttpMethod.Put, "/v1/rate-cards/dear/versions/2026-12-01", Card("20.00"));
        await Served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "上海市第一中学", currency = "USD", timeZone = "Asia/Shanghai", rateCard = "campus" });
        await Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/maths", new { name = "数学学院", edition = "flagship" });
        await Served.DoAsync(HttpMethod.Post, "/v1/accounts/school/topups", new { amount = "100.00", currency = "USD", reference = "bank-1" });
        await Served.DoAsync(HttpMethod.Put, "/v1/accounts/packed", new { name = "Packed", currency = "USD", timeZone = "Asia/Shanghai", rateCard = "campus" });
        await Served.DoAsync(HttpMethod.Put, "/v1/accounts/packed/applications/choir", new { name = "Choir" });
        await Served.DoAsync(HttpMethod.Post, "/v1/accounts/packed/packages", new { sku = "ten-days", application = "choir", reference = "p" });
        await Served.MoveClockAsync(Midnight + Duration.FromHours(20));
        await SendAsync(
            Event("class.started", "song", 8, ("application", "choir")),
            Event("participant.joined", "song", 8, ("application", "choir"), ("user", "ann")),
            Event("class.ended", "song", 8, ("application", "choir"), ("minutes", 35)));
        await LessonAsync("algebra", 8, ("ann", 40), ("bob", 40), ("eve", 1));
        await LessonAsync("geometry", 10, ("ann", 30));
        await LessonAsync("=sum(1)", 12, ("bob", 10));
        await SendAsync(Event("recording.completed", "algebra", 9, ("recording", "r1"), ("files", new JsonArray(new JsonObject { ["kind"] = "camera", ["seconds"] = 2400 }))));
        await SendAsync(Event("screenshot.captured", null, 9, ("count", 2500)));
        await Served.MoveClockAsync(Midnight + Duration.FromHours(26));
        await LessonAsync("geometry", 10, ("late", 20));
        await Served.MoveClockAsync(Midnight + Duration.FromHours(50));
        await Served.MoveClockAsync(Midnight + Duration.FromHours((31 * 24) + 2));
    }

    public async Task DisposeAsync() => await Served.DisposeAsync();

    public Task<JsonElement> BillAsync(string number) => Served.GetAsync($"/v1/bills/{number}");

    public async Task<HttpResponseMessage> GetAsAsync(string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        return await Client.SendAsync(request);
    }

    public static object Card(string price) => new
    {
        currency = "USD",
        packages = new object[]
        {
            new { sku = "ten-days", name = "Ninety minutes", quantity = "90", unit = "minutes", covers = new[] { new { rate = "presence", ratio = "1" } }, scope = "application", validity = "P10D", price = "9.00" },
        },
        rates = new object[]
        {
            new { id = "presence", meter = "av", where = new { tier = new[] { "audio" } }, period = "day", unit = new { name = "minute", size = 60 }, roundUp = "class", per = 1000, free = 5, price },
            new { id = "recording", meter = "recording", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1000, model = "graduated", tiers = new object[] { new { upTo = (int?)30, price = "7.00" }, new { upTo = (int?)null, price = "5.00" } } },
            new { id = "screenshot", meter = "screenshot", period = "month", unit = new { name = "sheet", size = 1 }, roundUp = "period", per = 1000, wholeBlocks = true, free = 100, price = "0.03", source = "price list 2026" },
        },
    };

    /// <summary>A lesson from an hour of the first day on, 60 minutes, in which each user is present for so many minutes.</summary>
    public async Task LessonAsync(string name, int hour, params (string User, int Minutes)[] users)
    {
        await SendAsync(Event("class.started", name, hour, ("name", "代数 " + name)));
        foreach ((string user, int minutes) in users)
        {
            await SendAsync(
                Event("participant.joined", name, hour, ("user", user)),
                Event("participant.left", name, hour, ("user", user), ("joinedAt", null), ("minutes", minutes)));
        }

        await SendAsync(Event("class.ended", name, hour + 1));
    }

    public JsonObject Event(string type, string? subject, int hour, params (string Name, JsonNode? Value)[] data)
    {
        Instant time = Midnight + Duration.FromHours(hour);
        var its = new JsonObject { ["application"] = "maths" };
        foreach ((string name, JsonNode? value) in data)
        {
            if (name == "minutes")
            {
                time += Duration.FromMinutes((int)value!);
            }
            else if (value is not null)
            {
                its[name] = value;
            }
        }

        var all = new JsonObject
        {
            ["specversion"] = "1.0",
            ["id"] = $"e{++events}",
            ["source"] = "campus",
            ["type"] = type,
            ["time"] = InstantPattern.ExtendedIso.Format(time),
            ["data"] = its,
        };
        if (subject is not null)
        {
            all["subject"] = subject;
        }

        return all;
    }

    public async Task SendAsync(params JsonNode[] some)
    {
        string body = new JsonArray([.. some.Select(one => one.DeepClone())]).ToJsonString();
        using HttpResponseMessage answer = await Served.SendAsync(HttpMethod.Post, "/v1/events?wait=true", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}

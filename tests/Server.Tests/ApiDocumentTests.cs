using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>What is answered is what the OpenAPI document says: clients are generated from it, and refuse what does not fit.</summary>
public sealed class ApiDocumentTests
{
    private static readonly object Card = new
    {
        currency = "USD",
        rates = new object[]
        {
            new { id = "av", meter = "av", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1, price = "1.00" },
            new
            {
                id = "play", meter = "playback", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1, model = "graduated",
                tiers = new object[] { new { upTo = 10, price = "1" }, new { upTo = (int?)null, price = "0.5" } }, source = "A contract",
            },
        },
        packages = new[]
        {
            new
            {
                sku = "m5", name = "5 minutes", quantity = 5, unit = "minute", covers = new[] { new { rate = "av", ratio = "1" } }, scope = "application",
                validity = "P1M", price = "4.00",
            },
        },
    };

    [Fact]
    public async Task Every_answer_is_what_the_document_says()
    {
        await using Served served = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 8, 0));
        using JsonDocument document = JsonDocument.Parse(await served.Client.GetStringAsync("/openapi/v1.json"));
        List<string> wrong = [];

        foreach ((string method, string path, object? body) in Requests())
        {
            using var request = new HttpRequestMessage(HttpMethod.Parse(method), path) { Content = body is null ? null : JsonContent.Create(body) };
            using HttpResponseMessage response = await served.Client.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            string said = $"{method} {path} {(int)response.StatusCode}";
            if (SchemaOf(document.RootElement, method, path, response) is not { } schema)
            {
                wrong.Add($"{said} is not in the document: {text}");
            }
            else if (text.Length > 0)
            {
                wrong.AddRange(Differences(document.RootElement, schema, JsonSerializer.Deserialize<JsonElement>(text), "").Select(one => $"{said} {one}"));
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task What_is_sent_may_be_null_where_the_document_says_so()
    {
        await using Served served = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 8, 0));
        JsonElement schemas = (await served.GetAsync("/openapi/v1.json")).GetProperty("components").GetProperty("schemas");
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a", new { name = "A", currency = "USD", timeZone = "UTC" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a/applications/app", new { name = "App" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a/budgets/b", new { amount = "1.00", currency = "USD" });
        List<string> nullable = [];

        foreach ((string body, string path) in ((string, string)[])
            [("AccountBody", ""), ("ApplicationBody", "/applications/app"), ("SectionBody", "/sections/s"), ("BudgetBody", "/budgets/b")])
        {
            foreach (JsonProperty member in schemas.GetProperty(body).GetProperty("properties").EnumerateObject())
            {
                bool mayBe = member.Value.TryGetProperty("type", out JsonElement type) && Types(type).Contains("null");
                HttpResponseMessage response = await served.PutAsync("/v1/accounts/a" + path, new Dictionary<string, object?> { [member.Name] = null });
                Assert.True(mayBe == response.IsSuccessStatusCode, $"{body}.{member.Name}: {member.Value}, {(int)response.StatusCode}");
                nullable.AddRange(mayBe ? [member.Name] : []);
            }
        }

        Assert.Equal(["categorizedSince", "edition", "course", "organization", "department"], nullable);
    }

    private static IEnumerable<(string Method, string Path, object? Body)> Requests()
    {
        const string A = "/v1/accounts/a", Range = "from=2026-12-01&to=2027-02-01";
        yield return ("PUT", "/v1/rate-cards/c/versions/2026-01-01", Card);
        yield return ("GET", "/v1/rate-cards/c", null);
        yield return ("PUT", "/v1/rate-cards/c/versions/2026-01-01", new { });
        yield return ("PUT", A, new { name = "A" });
        yield return ("PUT", A, new { name = "A", currency = "USD", timeZone = "UTC", rateCard = "c" });
        yield return ("PUT", A, new { currency = "EUR" });
        yield return ("PUT", A + "/applications/app", new { name = "App" });
        yield return ("PUT", A + "/sections/s", new { course = "C" });
        yield return ("PUT", A + "/budgets/b", new { amount = "1.00", currency = "USD" });
        yield return ("POST", A + "/topups", new { amount = "1.00", currency = "USD", reference = "t" });
        yield return ("POST", A + "/packages", new { sku = "m5", application = "app", reference = "p" });
        yield return ("POST", "/v1/events?wait=true", new[]
        {
            Event("class.started", "c", "07:00", new { application = "app" }),
            Event("participant.joined", "c", "07:00", new { application = "app", user = "u" }),
            Event("class.ended", "c", "07:30", new { application = "app" }),
            Event("playback.viewed", "c", "07:00", new { application = "app", user = "u", recording = "r", seconds = 60 }),
            Event("content.delivered", "d", "07:00", new { application = "app", bytes = 1, kind = "vod" }),
            Event("unheard.of", "c", "07:00", new { application = "app" }),
        });
        yield return ("POST", "/v1/events", new[] { new { id = "1" } });
        yield return ("GET", A + "/estimate", null);
        yield return ("POST", A + "/what-if", new { from = "2027-01-01", to = "2027-01-02", rateCard = "public" });
        yield return ("PUT", "/v1/sandbox/clock", new { now = "2027-01-02T02:00:00Z" });
        yield return ("POST", "/v1/keys", new { name = "K", role = "account", account = "nobody" });
        yield return ("POST", "/v1/keys", new { name = "K", role = "account", account = "a" });
        yield return ("POST", "/v1/webhooks", new { url = "https://192.0.2.1/", account = "nobody" });
        yield return ("POST", "/v1/decisions", new { application = "app", action = "class.create" });
        yield return ("POST", "/v1/events/rejected/reapply", new { account = "nobody" });
        yield return ("POST", A + "/what-if", new { from = "2027-01-01", to = "2027-01-02", rateCard = "public" });
        yield return ("GET", "/v1/bills/nothing", null);
        yield return ("GET", "/v1/nowhere/near", null);
        string[] shown =
        [
            "/v1/accounts", A, A + "/applications", A + "/applications/app", A + "/applications/app/settings", $"{A}/usage?meter=av&{Range}", A + "/usage",
            $"{A}/usage?meter=delivery&{Range}&groupBy=organization,download", $"{A}/usage/details?{Range}", A + "/classes/app/c", A + "/classes/app/c/events",
            $"{A}/usage/explain?meter=av&{Range}", A + "/cloud-usage", A + "/ledger", A + "/packages", A + "/bills", "/v1/bills/a-D-2027-01-01",
            "/v1/bills/a-D-2027-01-01/lines/1/explain", "/v1/bills/a-D-2027-01-01/lines/2/explain", A + "/estimate", A + "/statements/2027-01", A + "/standing",
            A + "/standing/ahead?until=2027-06-01", A + "/alerts", A + "/budgets", A + "/release", "/v1/keys", "/v1/webhooks", "/v1/audit",
            "/v1/audit?account=nobody", "/v1/events/rejected", "/v1/events/rejected?account=nobody", "/v1/events/rejected/summary", "/health/live", "/health/ready",
            "/v1/sandbox/clock",
        ];
        foreach (string path in shown)
        {
            yield return ("GET", path, null);
        }
    }

    private static object Event(string type, string subject, string time, object data) =>
        new { specversion = "1.0", id = type, source = "//t", type, subject, time = $"2027-01-01T{time}:00Z", data };

    private static JsonElement? SchemaOf(JsonElement document, string method, string path, HttpResponseMessage response)
    {
        foreach (JsonProperty its in document.GetProperty("paths").EnumerateObject())
        {
            bool isIt = Regex.IsMatch(path.Split('?')[0], "^" + Regex.Replace(its.Name, @"\{\w+\}", "[^/]+") + "$");
            if (isIt && its.Value.TryGetProperty(method.ToLowerInvariant(), out JsonElement operation))
            {
                return operation.GetProperty("responses").TryGetProperty(((int)response.StatusCode).ToString(), out JsonElement its200)
                    && its200.GetProperty("content").TryGetProperty(response.Content.Headers.ContentType!.MediaType!, out JsonElement content)
                    ? content.GetProperty("schema") : null;
            }
        }

        return document.GetProperty("components").GetProperty("schemas").GetProperty("Problem");
    }

    private static IEnumerable<string> Differences(JsonElement document, JsonElement schema, JsonElement value, string at)
    {
        while (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            schema = document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        if (schema.TryGetProperty("type", out JsonElement type) && !Types(type).Contains(TypeOf(value)) && !(TypeOf(value) == "integer" && Types(type).Contains("number")))
        {
            return [$"{at} is {TypeOf(value)}, not {type}"];
        }

        if (schema.TryGetProperty("enum", out JsonElement words) && !words.EnumerateArray().Any(word => JsonElement.DeepEquals(word, value)))
        {
            return [$"{at} is {value}, not of {words}"];
        }

        return value.ValueKind switch
        {
            JsonValueKind.Object => Members(document, schema, value, at),
            JsonValueKind.Array when schema.TryGetProperty("items", out JsonElement items) =>
                value.EnumerateArray().SelectMany((item, index) => Differences(document, items, item, $"{at}/{index}")),
            _ => [],
        };
    }

    private static IEnumerable<string> Members(JsonElement document, JsonElement schema, JsonElement value, string at)
    {
        if (schema.TryGetProperty("required", out JsonElement required))
        {
            foreach (JsonElement name in required.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)))
            {
                yield return $"{at}/{name} is missing";
            }
        }

        bool isClosed = schema.TryGetProperty("properties", out JsonElement properties);
        foreach (JsonProperty member in value.EnumerateObject())
        {
            bool isKnown = isClosed && properties.TryGetProperty(member.Name, out _);
            if (isKnown || schema.TryGetProperty("additionalProperties", out _))
            {
                JsonElement its = isKnown ? properties.GetProperty(member.Name) : schema.GetProperty("additionalProperties");
                foreach (string difference in Differences(document, its, member.Value, $"{at}/{member.Name}"))
                {
                    yield return difference;
                }
            }
            else if (isClosed)
            {
                yield return $"{at}/{member.Name} is not in the document";
            }
        }
    }

    private static IEnumerable<string?> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(one => one.GetString()) : [type.GetString()];

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Null => "null",
        JsonValueKind.Number => value.GetRawText().All(char.IsAsciiDigit) ? "integer" : "number",
        _ => "boolean",
    };
}

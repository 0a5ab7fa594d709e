using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Minutebook.Reference;
using Minutebook.Reference.Workloads;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Differential;

/// <summary>Does a workload's steps over HTTP, each at its instant, in random pieces, forms and repetitions, and notes what arrived.</summary>
internal sealed class HttpDesk(Served served, Workload workload, Random chance)
{
    public const string Account = "reference";

    private readonly List<Arrival> arrivals = [];

    /// <summary>The account is halted: of its events nobody waits.</summary>
    public bool IsHalted { get; set; }

    /// <summary>The workload's history with what was really posted.</summary>
    public ReferenceHistory History => workload.History with { Arrivals = [.. arrivals] };

    /// <summary>With so much money that its bills are paid: of a released account nothing can be asked for (rule 7.3).</summary>
    public async Task CreateAccountAsync()
    {
        var account = workload.Account.ToJsonObject();
        await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{Account}", account);
        await served.DoAsync(
            HttpMethod.Post, $"/v1/accounts/{Account}/topups", new { amount = "1000000000", currency = (string)account["currency"]!, reference = "enough" });
    }

    public Task MoveToAsync(long ms) => served.MoveClockAsync(Instant.FromUnixTimeMilliseconds(ms));

    public async Task DoAsync(Step step)
    {
        await MoveToAsync(step.AtMs);
        switch (step)
        {
            case Step.Settings its:
                await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{Account}/applications/{its.Application}", its.Made.ToJsonObject());
                break;
            case Step.Section { Made: var made }:
                await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{Account}/sections/{Uri.EscapeDataString(made.Section)}", made.ToJsonObject());
                break;
            case Step.Batch its:
                await PostAsync(its);
                break;
            case Step.Reapply:
                await served.DoAsync(HttpMethod.Post, "/v1/events/rejected/reapply", new { account = Account });
                arrivals.Add(new Arrival(step.AtMs, null));
                break;
        }
    }

    /// <summary>What came before shows when this is done: a command of the account, and a tick of the installation.</summary>
    public async Task ShowAsync(long nowMs)
    {
        await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{Account}", new { });
        await MoveToAsync(nowMs);
    }

    private async Task PostAsync(Step.Batch batch)
    {
        int at = 0;
        while (at < batch.Events.Count)
        {
            int count = chance.Next(4) == 0 ? 1 : chance.Next(1, batch.Events.Count - at + 1);
            ReferenceEvent[] piece = [.. batch.Events.Skip(at).Take(count)];
            // A sender that did not hear the answer sends again.
            for (int times = chance.Next(10) == 0 ? 2 : 1; times > 0; times--)
            {
                await PostAsync(piece);
                arrivals.AddRange(piece.Select(e => new Arrival(batch.AtMs, e)));
            }

            at += count;
        }
    }

    private async Task PostAsync(ReferenceEvent[] events)
    {
        bool quiet = chance.Next(5) == 0;
        string path = (quiet ? "/api/v1/events" : "/v1/events") + chance.Next(8) switch { 0 when !IsHalted => "?wait=true", 1 => "?wait=false", _ => "" };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Content(events, out IEnumerable<(string, string)> headers) };
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using HttpResponseMessage response = await served.Client.SendAsync(request);
        string answer = await response.Content.ReadAsStringAsync();
        Assert.Equal(
            quiet ? (HttpStatusCode.NoContent, "") : (HttpStatusCode.Accepted, $"{{\"accepted\":{events.Length}}}"), (response.StatusCode, answer));
    }

    private ByteArrayContent Content(ReferenceEvent[] events, out IEnumerable<(string Name, string Value)> headers)
    {
        (string type, string body) = (events.Length == 1 ? chance.Next(5) : chance.Next(3)) switch
        {
            0 => ("application/json", Array(events)),
            1 => ("application/cloudevents-batch+json; charset=utf-8", Array(events)),
            2 => ("application/x-ndjson", string.Concat(events.Select(e => e.ToJson() + (chance.Next(5) == 0 ? "\n\r\n" : "\n")))),
            3 => ("application/cloudevents+json", events[0].ToJson()),
            _ => ("", events[0].ToJsonObject()["data"]!.ToJsonString()),
        };
        headers = type.Length == 0 ? Attributes(events[0]) : [];
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        bool packed = chance.Next(4) == 0;
        var content = new ByteArrayContent(packed ? Packed.Gzip(bytes) : bytes);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type.Length == 0 ? "application/json" : type);
        if (packed)
        {
            content.Headers.ContentEncoding.Add("gzip");
        }

        return content;
    }

    /// <summary>CloudEvents' binary mode: attributes as headers, percent-encoded.</summary>
    private static IEnumerable<(string, string)> Attributes(ReferenceEvent one) => one.ToJsonObject()
        .Where(member => member.Key != "data")
        .Select(member => ("ce-" + member.Key, Uri.EscapeDataString(member.Value!.GetValue<string>())));

    private static string Array(ReferenceEvent[] events) => new JsonArray([.. events.Select(e => (JsonNode)e.ToJsonObject())]).ToJsonString();
}

using System.Buffers.Text;
using System.Collections.Concurrent;
using Minutebook.Core.Events;

namespace Minutebook.Server;

/// <summary>Where events come in: the hot path. One body, one batch, one answer, and nothing else for each request.</summary>
internal sealed class EventRoutes(Engine.Engine engine, Pace pace)
{
    private readonly ConcurrentBag<Desk> desks = [];

    private static readonly string[] MediaTypes =
        ["application/cloudevents+json", "application/cloudevents-batch+json", "application/json", "application/x-ndjson"];

    public static void Map(Routes routes, Pace pace)
    {
        var events = new EventRoutes(routes.Engine, pace);
        var doc = new Doc("postEvents", "Takes events in, all of a request or none. Answers when they are durable.")
        {
            Takes = typeof(CloudEvent),
            As = MediaTypes,
            Gives = typeof(AcceptedView),
            Statuses = [202],
            Query = [("wait", "true: answer when the events also show in usage.")],
            Problems = [Code.InvalidEvent, Code.NotFound],
        };
        routes.Raw("POST", "/v1/events", doc, http => events.PostAsync(http, 202));
        routes.Raw(
            "POST", "/api/v1/events",
            doc with { Id = "postEventsQuietly", Summary = "The same as /v1/events, answering 204.", Gives = null, Statuses = [204] },
            http => events.PostAsync(http, 204));
    }

    /// <summary>A CloudEvent, for the document alone.</summary>
    private sealed record CloudEvent(string Specversion, string Id, string Source, string Type, string Time, object Data, string? Subject = null);

    private sealed record AcceptedView(int Accepted);

    /// <summary>What it takes to read a request. A reader learns how events are written: one is kept for the next request.</summary>
    private sealed class Desk
    {
        public EventReader Reader { get; } = new();
        public EventFaults Faults { get; } = new();
    }

    private async Task PostAsync(HttpContext http, int status)
    {
        Problem? refusal = Waits(http.Request, out bool wait);
        (EventFormat? format, bool binary) = FormatOf(http.Request);
        if (format is null)
        {
            refusal = new Problem(Code.UnsupportedMediaType, $"Send events as one of {string.Join(", ", MediaTypes)}, and name it in Content-Type.");
        }

        int accepted = 0;
        if (refusal is null)
        {
            (accepted, refusal) = await AcceptAsync(http, format!.Value, binary, wait);
        }

        await (refusal is null ? Done(http.Response, status, accepted) : refusal.ExecuteAsync(http));
    }

    private async ValueTask<(int Accepted, Problem? Refusal)> AcceptAsync(HttpContext http, EventFormat format, bool binary, bool wait)
    {
        EventBatch batch = engine.Rent();
        using (Body body = await Body.ReadAsync(http.Request, Body.Most, http.RequestAborted))
        {
            if ((EventProblem.Of(body.Refused) ?? Take(http.Request, body, format, binary, batch)) is { } refusal)
            {
                engine.Return(batch);
                return (0, refusal);
            }
        }

        int accepted = batch.Count;
        Problem? foreign = Caller.Of(http)?.Account is { } only ? Foreign(batch, only) : null;
        if (accepted == 0 || foreign is not null)
        {
            engine.Return(batch);
            return (0, foreign);
        }

        await engine.AcceptAsync(batch, Caller.Of(http)?.Origin ?? "http", wait);
        pace.Add(accepted);
        return (accepted, null);
    }

    // An application of nobody is refused too: whoever registers it later would get events of who does not know the account.
    private Problem? Foreign(EventBatch batch, string account)
    {
        int last = -1;
        foreach (ref readonly EventRow row in batch.Rows)
        {
            if (row.Application != last && batch.String(last = row.Application) is { } application && engine.AccountOf(application) != account)
            {
                return Problem.NotFound($"application {application} of account {account}");
            }
        }

        return null;
    }

    private Problem? Take(HttpRequest request, Body body, EventFormat format, bool binary, EventBatch into)
    {
        Desk desk = desks.TryTake(out Desk? free) ? free : new Desk();
        desk.Faults.Clear();
        long now = engine.Now.ToUnixTimeMilliseconds();
        bool one = binary || format == EventFormat.One || (format == EventFormat.Array && StartsObject(body.Span));
        if (binary)
        {
            desk.Reader.ReadBinary(BinaryMode.Attributes(request.Headers), body.Span, into, now, desk.Faults);
        }
        else
        {
            desk.Reader.Read(body.Span, one ? EventFormat.One : format, into, now, desk.Faults);
        }

        Problem? refusal = desk.Faults.Count == 0 ? null : EventProblem.Of(desk.Faults, one);
        desks.Add(desk);
        return refusal;
    }

    // CloudEvents' binary mode shows in its headers; the content type is then that of the data.
    private static (EventFormat? Format, bool Binary) FormatOf(HttpRequest request)
    {
        ReadOnlySpan<char> type = MediaType.Of(request.ContentType ?? "");
        if (type.Is("application/json"))
        {
            return BinaryMode.Is(request) ? (EventFormat.One, true) : (EventFormat.Array, false);
        }

        EventFormat? format = type.Is("application/cloudevents+json") ? EventFormat.One
            : type.Is("application/cloudevents-batch+json") ? EventFormat.Array
            : type.Is("application/x-ndjson") ? EventFormat.Lines
            : null;
        return (format, false);
    }

    // One event as application/json is meant well; only the two media types of CloudEvents say which it must be.
    private static bool StartsObject(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> start = json.TrimStart(" \t\r\n"u8);
        return !start.IsEmpty && start[0] == '{';
    }

    private static Problem? Waits(HttpRequest request, out bool wait)
    {
        wait = false;
        if (!request.QueryString.HasValue)
        {
            return null;
        }

        string? value = request.Query["wait"];
        wait = value == "true";
        return value is null or "" or "true" or "false" ? null : Problem.Invalid("/wait", "This must be true or false.");
    }

    private static Task Done(HttpResponse response, int status, int accepted)
    {
        response.StatusCode = status;
        if (status == 204)
        {
            return Task.CompletedTask;
        }

        Span<byte> body = response.BodyWriter.GetSpan(32);
        "{\"accepted\":"u8.CopyTo(body);
        Utf8Formatter.TryFormat(accepted, body[12..], out int digits);
        body[12 + digits] = (byte)'}';
        response.ContentType = "application/json";
        response.ContentLength = 13 + digits;
        response.BodyWriter.Advance(13 + digits);
        return Task.CompletedTask;
    }
}

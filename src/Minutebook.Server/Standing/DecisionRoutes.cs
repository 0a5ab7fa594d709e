using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Engine;
using NodaTime;

namespace Minutebook.Server;

/// <summary>"May this happen?" (rule 7.6), asked before every class, every join and every recording that is served.</summary>
internal static class DecisionRoutes
{
    private const int MostBody = 4 << 10;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    public static void Map(Routes routes)
    {
        Engine.Engine engine = routes.Engine;
        routes.Raw(
            "POST",
            "/v1/decisions",
            new Doc("decide", "Answers whether something may happen, and why not, since when and what helps.")
            {
                Takes = typeof(DecisionBody),
                Gives = typeof(DecisionView),
            },
            http => AnswerAsync(http, engine));
    }

    private sealed record DecisionBody(string Application, string Action, string? Class = null);

    /// <summary>What was asked, with the class still null when it is not named.</summary>
    private readonly record struct Question(string Application, AskedAction Action, string? Class);

    private static Task AnswerAsync(HttpContext http, Engine.Engine engine)
    {
        // A small plain body is there with the head already; all else, and whatever is wrong with it, takes the way of every other request.
        if (http.Request.ContentType == "application/json" && http.Request.Headers.ContentEncoding.Count == 0
            && http.Request.ContentLength is > 0 and <= MostBody && http.Request.BodyReader.TryRead(out ReadResult read))
        {
            if (read.Buffer.Length == http.Request.ContentLength && TryRead(read.Buffer, out Question question))
            {
                http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                return WriteAsync(http, engine, question);
            }

            http.Request.BodyReader.AdvanceTo(read.Buffer.Start);
        }

        return AnswerSlowlyAsync(http, engine);
    }

    private static async Task AnswerSlowlyAsync(HttpContext http, Engine.Engine engine)
    {
        using var call = new Call(http, engine);
        if (await call.FieldsAsync() is not { } fields)
        {
            await call.Refusal!.ExecuteAsync(http);
            return;
        }

        fields.Require("application", "action");
        (string? application, string? text) = (fields.Text("application"), fields.Text("action"));
        string? @class = fields.EventsText("class");
        if (text is not null && ActionOf(text) is null)
        {
            fields.Fault("action", "This must be one of class.create, class.join, recording.read.");
        }

        await (call.Refusal is { } refusal
            ? refusal.ExecuteAsync(http)
            : WriteAsync(http, engine, new Question(application!, ActionOf(text!)!.Value, @class)));
    }

    private static AskedAction? ActionOf(string text) => text switch
    {
        "class.create" => AskedAction.CreateClass,
        "class.join" => AskedAction.JoinClass,
        "recording.read" => AskedAction.ReadRecording,
        _ => null,
    };

    private static bool TryRead(in ReadOnlySequence<byte> body, out Question question)
    {
        question = default;
        (string? application, string? @class, AskedAction? action) = (null, null, null);
        try
        {
            var json = new Utf8JsonReader(body);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                int field = json.ValueTextEquals("application"u8) ? 0 : json.ValueTextEquals("action"u8) ? 1 : json.ValueTextEquals("class"u8) ? 2 : 3;
                if (!json.Read() || field == 3 || json.TokenType != JsonTokenType.String)
                {
                    return false;
                }

                switch (field)
                {
                    case 0 when application is null:
                        application = json.GetString();
                        break;
                    case 1 when action is null:
                        action = json.ValueTextEquals("class.join"u8) ? AskedAction.JoinClass : ActionOf(json.GetString()!);
                        break;
                    case 2 when @class is null:
                        @class = json.GetString();
                        break;
                    default:
                        return false;
                }
            }

            if (json.TokenType != JsonTokenType.EndObject || json.Read())
            {
                return false;
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return false;
        }

        if (application is null || action is null || Fields.Unfit(application) is not null || (@class is not null && Fields.UnfitForEvents(@class) is not null))
        {
            return false;
        }

        question = new Question(application, action.Value, @class);
        return true;
    }

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Text, Utf8JsonWriter Json)? writer;

    private static Task WriteAsync(HttpContext http, Engine.Engine engine, in Question question)
    {
        long now = engine.Now.ToUnixTimeMilliseconds();
        // Of another account's application a caller knows as much as of none.
        string? only = Caller.Of(http)?.Account;
        Engine.Decisions.Answer answer = engine.Decisions.Decide(question.Application, question.Action, question.Class, now, only);
        if (answer.Permits is null && engine.HaltedOwnerOf(question.Application) is { } owner && (only is null || only == owner))
        {
            throw new UnavailableException(
                $"Account '{owner}' is halted by a defect, and what decisions on this application go by is not known. The operations page says why.", UnavailableException.AfterMending);
        }

        TimeSpan behind = engine.Behind;
        (ArrayBufferWriter<byte> text, Utf8JsonWriter json) = writer ??= NewWriter();
        text.ResetWrittenCount();
        json.Reset();
        Write(json, answer, answer.Permits?.HaltedAt ?? (behind > Fresh ? now - (long)behind.TotalMilliseconds : null));
        json.Flush();
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = text.WrittenCount;
        http.Response.BodyWriter.Write(text.WrittenSpan);
        return Task.CompletedTask;
    }

    private static (ArrayBufferWriter<byte>, Utf8JsonWriter) NewWriter()
    {
        var text = new ArrayBufferWriter<byte>(512);
        return (text, new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = JsonText.Options.Encoder }));
    }

    private static void Write(Utf8JsonWriter json, in Engine.Decisions.Answer answer, long? asOf)
    {
        json.WriteStartObject();
        json.WriteBoolean("allow"u8, answer.Decision.Allow);
        json.WriteString("reason"u8, Names[(int)answer.Decision.Reason]);
        WriteInstant(json, "since"u8, answer.Decision.Since);
        if (answer.Decision.Allow)
        {
            json.WriteNull("remedy"u8);
        }
        else
        {
            json.WriteString("remedy"u8, Remedy.Of(answer));
        }

        if (asOf is not null)
        {
            WriteInstant(json, "asOf"u8, asOf);
        }

        json.WriteEndObject();
    }

    private static readonly JsonEncodedText[] Names =
        [.. Enum.GetValues<DecisionReason>().Select(static reason => JsonEncodedText.Encode(Fields.Spelling(reason)))];

    private static void WriteInstant(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? ms)
    {
        if (ms is { } at)
        {
            json.WriteString(name, JsonText.Of(Instant.FromUnixTimeMilliseconds(at)));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}

/// <summary>An answer to "may this happen?".</summary>
/// <param name="AsOf">Only when what is known is more than 5 seconds old: until when.</param>
internal sealed record DecisionView(bool Allow, DecisionReason Reason, Instant? Since, string? Remedy, Instant? AsOf = null);

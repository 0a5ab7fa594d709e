using System.Text.Json;
using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors;

/// <summary>Stands in until the connectors are merged: one called "test". Delete with this folder.</summary>
public sealed class Connector
{
    public static IReadOnlyList<string> Names { get; } = ["test"];

    public string Name => "test";

    public static Connector? Named(string name) => name == "test" ? new Connector() : null;

    public Reading Read(Delivery delivery, ConnectorMemory memory) => delivery.Header("X-Signature") == delivery.Settings.Secret
        ? new Reading.Accepted([], new Answer("application/json", """{"code":0}"""), null)
        : new Reading.Refused(401, "The signature does not match.");

    public Configuration Configure(ReadOnlyMemory<byte> body, ConnectorSettings? before = null)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.TryGetProperty("secret", out JsonElement secret)
            ? new Configuration.Valid(new ConnectorSettings(secret.GetString()!))
            : new Configuration.Invalid([new SettingsFault("/secret", "secret is required.")]);
    }
}

public sealed record Delivery
{
    public required string Application { get; init; }
    public required ConnectorSettings Settings { get; init; }
    public required ReadOnlyMemory<byte> Body { get; init; }
    public required Instant Arrival { get; init; }
    public Func<string, string?> Header { get; init; } = _ => null;
    public string Query { get; init; } = "";
    public IReadOnlyList<string> Path { get; init; } = [];
}

public abstract record Reading
{
    private Reading() { }

    public sealed record Accepted(IReadOnlyList<UsageEvent> Events, Answer Answer, Note? Note) : Reading;

    public sealed record Refused(int Status, string Detail) : Reading;
}

public sealed record Answer(string? ContentType, string Body);

public sealed record Note(string Key, string Text, long KeepUntilMs);

public sealed class ConnectorMemory(IEnumerable<Note>? notes = null)
{
    private readonly List<Note> kept = [.. notes ?? []];

    public void Keep(Note note, Instant now) => kept.Add(note);
}

public sealed record ConnectorSettings(string Secret, string? ApiKey = null, IReadOnlyList<string>? Recorders = null);

public sealed record SettingsFault(string Pointer, string Detail);

public abstract record Configuration
{
    private Configuration() { }

    public sealed record Valid(ConnectorSettings Settings) : Configuration;

    public sealed record Invalid(IReadOnlyList<SettingsFault> Faults) : Configuration;
}

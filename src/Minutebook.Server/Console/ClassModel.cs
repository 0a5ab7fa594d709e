using System.Text.Json;

namespace Minutebook.Server;

/// <summary>What the page of a class shows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its id.</param>
/// <param name="Application">Its application's name.</param>
/// <param name="Axis">Times along the axis, with their places.</param>
/// <param name="Curve">Users over time, as points.</param>
/// <param name="Peak">Most users at once.</param>
/// <param name="Rows">Participants.</param>
/// <param name="Found">How many there are of those that were asked for.</param>
/// <param name="Roles">The roles there are.</param>
public sealed record ClassModel(
    string Name, string Id, string Application, IReadOnlyList<(int At, string Text)> Axis, string Curve, int Peak, IReadOnlyList<ParticipantRow> Rows,
    int Found, IReadOnlyList<string> Roles)
{
    public IReadOnlyList<ShownFigure> Figures { get; init; } = [];
    /// <summary>What paid for it, step by step.</summary>
    public IReadOnlyList<LadderStep> Paid { get; init; } = [];
    /// <summary>The bills that it stands on.</summary>
    public IReadOnlyList<(string Number, string Link)> Bills { get; init; } = [];
    /// <summary>Its minutes by the tier received.</summary>
    public IReadOnlyList<(string Tier, int Height, string Minutes)> Tiers { get; init; } = [];
    public IReadOnlyList<ShownRecording> Recordings { get; init; } = [];
    /// <summary>The address of its events.</summary>
    public string Events { get; init; } = "";
    /// <summary>The address of all stays as data, where there are too many participants for a row each; null else.</summary>
    public string? Stays { get; init; }
    public bool IsRunning { get; init; }
    public string? Earlier { get; init; }
    public string? Later { get; init; }
}

/// <summary>A participant's line; the link leads to its events.</summary>
public sealed record ParticipantRow(string User, string Role, string Style, string Minutes, IReadOnlyList<StayBar> Stays, string Link);

/// <summary>A stay, as a piece of the line: as high as what was received is fine, the whiteboard as a thin line beneath.</summary>
public sealed record StayBar(int At, int Width, int Height, bool IsWhiteboard, string Text);

/// <summary>A file of a recording.</summary>
public sealed record ShownRecording(string Recording, string Kind, string Length, string User, string Size)
{
    internal static IEnumerable<ShownRecording> Of(Visit visit, ArrivedView arrived)
    {
        if (arrived.Event is not { } told || !told.TryGetProperty("data", out JsonElement data) || !data.TryGetProperty("files", out JsonElement files))
        {
            yield break;
        }

        foreach (JsonElement file in files.EnumerateArray())
        {
            string kind = file.GetProperty("kind").GetString()!;
            yield return new ShownRecording(
                data.GetProperty("recording").GetString()!, visit.Texts.Find("kind." + kind) ?? kind, visit.Show.Length(file.GetProperty("seconds").GetInt64()),
                file.TryGetProperty("user", out JsonElement user) ? user.GetString() ?? "–" : "–",
                file.TryGetProperty("bytes", out JsonElement bytes) && bytes.ValueKind == JsonValueKind.Number ? visit.Show.Quantity(bytes.GetInt64(), "byte") : "–");
        }
    }
}

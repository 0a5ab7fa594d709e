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
    public IReadOnlyList<(string What, string Figure)> Paid { get; init; } = [];
}

/// <summary>A participant's line.</summary>
public sealed record ParticipantRow(string User, string Role, string Style, string Minutes, IReadOnlyList<StayBar> Stays);

/// <summary>A stay, as a piece of the line.</summary>
public sealed record StayBar(int At, int Width, bool IsWhiteboard, string Text);

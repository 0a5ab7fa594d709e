namespace Minutebook.Core.Rating;

/// <summary>The words of a card's JSON; the place of a word is the value of its enum.</summary>
internal static class CardWords
{
    public static IReadOnlyList<string> Periods { get; } = ["day", "month"];
    public static IReadOnlyList<string> Scopes { get; } = ["application", "account"];
    public static IReadOnlyList<string> RoundUps { get; } = ["period", "class", "participant"];
    public static IReadOnlyList<string> Models { get; } = ["graduated", "volume"];

    public static string Of(PeriodKind kind) => Periods[(int)kind];
    public static string Of(Scope scope) => Scopes[(int)scope];
    public static string Of(RoundUp roundUp) => RoundUps[(int)roundUp];

    /// <summary>The level of rounding that a word names.</summary>
    public static RoundUp RoundUpOf(string word) => word switch
    {
        "period" => RoundUp.Period,
        "class" => RoundUp.Class,
        "participant" => RoundUp.Participant,
        _ => throw new FormatException($"There is no rounding by {word}."),
    };
}

using System.Diagnostics.CodeAnalysis;
using NodaTime;

namespace Minutebook.Core.Rating;

/// <summary>What a <see cref="Validity"/> is counted in.</summary>
public enum ValidityUnit : byte
{
    /// <summary><c>D</c>: calendar days.</summary>
    Day = 0,
    /// <summary><c>M</c>: calendar months.</summary>
    Month = 1,
    /// <summary><c>Y</c>: calendar years.</summary>
    Year = 2,
}

/// <summary>How long a package is valid (rule 5.1): an ISO 8601 period of days, months or years.</summary>
public readonly record struct Validity
{
    private const int MostYears = 100;

    private Validity(int count, ValidityUnit unit) => (Count, Unit) = (count, unit);

    /// <summary>How many, at least 1.</summary>
    public int Count { get; }

    /// <summary>Of what.</summary>
    public ValidityUnit Unit { get; }

    /// <summary>
    /// Reads <c>P30D</c>, <c>P1M</c> or <c>P1Y</c>: one number from 1, at most 100 years of it, and one of D, M and Y.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Validity validity)
    {
        validity = default;
        if (text is not { Length: >= 3 and <= 7 } || text[0] != 'P' || text.AsSpan(1..^1).ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        int count = int.Parse(text.AsSpan(1..^1));
        (ValidityUnit unit, int most) = text[^1] switch
        {
            'D' => (ValidityUnit.Day, MostYears * 365),
            'M' => (ValidityUnit.Month, MostYears * 12),
            'Y' => (ValidityUnit.Year, MostYears),
            _ => (default, 0),
        };
        validity = new Validity(count, unit);
        return count >= 1 && count <= most;
    }

    /// <summary>Reads what <see cref="TryParse"/> does.</summary>
    /// <exception cref="FormatException">It is not such a period.</exception>
    public static Validity Parse(string text) => TryParse(text, out Validity validity)
        ? validity
        : throw new FormatException($"'{text}' is not a period of days, months or years such as P30D, P1M or P1Y.");

    /// <summary>
    /// The day at whose local midnight it ends, itself excluded: the same day so much later, clamped to the month's end (rule
    /// 5.1). From 31 January P1M ends as 28 February begins.
    /// </summary>
    public LocalDate EndOf(LocalDate start) => Unit switch
    {
        ValidityUnit.Day => start.PlusDays(Count),
        ValidityUnit.Month => start.PlusMonths(Count),
        ValidityUnit.Year => start.PlusYears(Count),
    };

    /// <summary>As ISO 8601 writes it: <c>P1M</c>.</summary>
    public override string ToString() => Unit switch
    {
        ValidityUnit.Day => $"P{Count}D",
        ValidityUnit.Month => $"P{Count}M",
        ValidityUnit.Year => $"P{Count}Y",
    };
}

using Minutebook.Core.Metering;

namespace Minutebook.Core.Rating;

/// <summary>
/// Which usage of a meter a rate prices: for each dimension that is named, the values allowed (section 4). A dimension that is
/// not named allows every value. A value is null for usage without one; <c>download</c> is <c>"true"</c> or <c>"false"</c>.
/// </summary>
public sealed class Where
{
    private readonly IReadOnlyList<string?>?[] allowed;
    private readonly HashSet<string?>?[] sets;

    /// <summary>The condition that names these dimensions of a meter.</summary>
    /// <exception cref="ArgumentException">The meter has no dimension of a name given.</exception>
    public Where(Meter meter, IReadOnlyDictionary<string, IReadOnlyList<string?>> values)
    {
        if (values.Keys.FirstOrDefault(name => !meter.Dimensions.Contains(name)) is { } unknown)
        {
            throw new ArgumentException($"{meter.Name} has no dimension {unknown}.", nameof(values));
        }

        Meter = meter;
        allowed = [.. meter.Dimensions.Select(name => values.GetValueOrDefault(name))];
        sets = [.. allowed.Select(some => some is null ? null : new HashSet<string?>(some))];
    }

    /// <summary>Whose dimensions it names.</summary>
    public Meter Meter { get; }

    /// <summary>The values allowed in a dimension, as they were given; null where every value is.</summary>
    /// <param name="dimension">Its place among the meter's dimensions.</param>
    public IReadOnlyList<string?>? Allowed(int dimension) => allowed[dimension];

    /// <summary>Whether a value is allowed in a dimension.</summary>
    /// <param name="dimension">Its place among the meter's dimensions.</param>
    /// <param name="value">The value; null is usage without one.</param>
    public bool Allows(int dimension, string? value) => sets[dimension]?.Contains(value) ?? true;

    /// <summary>Whether usage with these dimensions is priced by it; usage of another meter never is.</summary>
    public bool Matches(Dimensions dimensions)
    {
        if (!ReferenceEquals(dimensions.Meter, Meter))
        {
            return false;
        }

        for (int i = 0; i < sets.Length; i++)
        {
            if (!Allows(i, dimensions.Values[i]))
            {
                return false;
            }
        }

        return true;
    }
}

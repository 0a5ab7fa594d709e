using Minutebook.Core.Metering;

namespace Minutebook.Core.Rating;

/// <summary>
/// Whether a rate can match anything at all: usage is priced by the first rate that matches, so a rate that earlier ones leave
/// nothing is a mistake, and refused (section 4). Exact: open dimensions are stood for by the values that the rates name, and one
/// that none names.
/// </summary>
internal sealed class Reach
{
    /// <summary>Longer than any value on a card, and so none of them.</summary>
    private static readonly string AnyOther = new('*', CardFields.MostCharacters + 1);

    private readonly IReadOnlyList<Where> rates;
    private readonly Dictionary<Meter, List<string?[][]>> boxes;

    /// <param name="rates">What the rates of one card match, in the card's order.</param>
    public Reach(IReadOnlyList<Where> rates)
    {
        this.rates = rates;
        boxes = rates.Select(rate => rate.Meter).Distinct().ToDictionary(
            meter => meter, meter => DimensionValues.Boxes(meter, dimension => Named(meter, dimension)).ToList());
    }

    /// <summary>Whether the meter has no usage, priced or not, that the rate at this place matches.</summary>
    public bool IsEmpty(int rate) => !boxes[rates[rate].Meter].Any(box => Meets(rates[rate], box));

    /// <summary>Whether earlier rates match all that the rate at this place does.</summary>
    public bool IsTaken(int rate)
    {
        Where late = rates[rate];
        List<Where> earlier = [.. rates.Take(rate).Where(other => other.Meter == late.Meter)];
        return boxes[late.Meter].Where(box => Meets(late, box)).All(box => Covered(late, box, 0, earlier));
    }

    private List<string> Named(Meter meter, string dimension)
    {
        int place = meter.Dimensions.ToList().IndexOf(dimension);
        IEnumerable<string> values = rates.Where(rate => rate.Meter == meter).SelectMany(rate => rate.Allowed(place) ?? []).OfType<string>();
        return [.. values.Distinct(), AnyOther];
    }

    private static bool Meets(Where rate, string?[][] box)
    {
        for (int i = 0; i < box.Length; i++)
        {
            if (!box[i].Any(value => rate.Allows(i, value)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Whether of the rate's part of the box, from a dimension on, nothing is left by the earlier rates that got this far.
    /// </summary>
    private static bool Covered(Where rate, string?[][] box, int dimension, List<Where> earlier)
    {
        if (earlier.Count == 0 || dimension == box.Length)
        {
            return earlier.Count > 0;
        }

        var seen = new HashSet<string>();
        foreach (string? value in box[dimension])
        {
            if (!rate.Allows(dimension, value))
            {
                continue;
            }

            List<int> places = [.. Enumerable.Range(0, earlier.Count).Where(i => earlier[i].Allows(dimension, value))];
            if (seen.Add(string.Join(',', places)) && !Covered(rate, box, dimension + 1, [.. places.Select(i => earlier[i])]))
            {
                return false;
            }
        }

        return true;
    }
}

using System.Text;
using System.Text.Json;

namespace Minutebook.Core.Metering;

/// <summary>A named kind of usage with a base unit and dimensions (rules, section 3).</summary>
public sealed class Meter
{
    private Meter(string name, string unit, params string[] dimensions)
    {
        Name = name;
        Unit = unit;
        Dimensions = dimensions;
        None = new Dimensions(this, new string?[dimensions.Length]);
    }

    /// <summary>Presence, split by the tier received; seconds.</summary>
    public static Meter Av { get; } = new("av", "second", "tier");
    /// <summary>Recordings watched; seconds.</summary>
    public static Meter Playback { get; } = new("playback", "second");
    /// <summary>Whiteboard presence on the clock-minute grid; seconds.</summary>
    public static Meter Whiteboard { get; } = new("whiteboard", "second");
    /// <summary>Files of recordings by kind; seconds.</summary>
    public static Meter Recording { get; } = new("recording", "second", "kind");
    /// <summary>Sliced audio and video; seconds.</summary>
    public static Meter Slicing { get; } = new("slicing", "second", "mode");
    /// <summary>Screenshots; sheets.</summary>
    public static Meter Screenshot { get; } = new("screenshot", "sheet");
    /// <summary>What is stored over time; byte-hours.</summary>
    public static Meter Storage { get; } = new("storage", "byte-hour");
    /// <summary>Data delivered to users; bytes.</summary>
    public static Meter Delivery { get; } = new("delivery", "byte", "dataType", "organization", "department", "download");
    /// <summary>Most distinct users present in the same second; users.</summary>
    public static Meter Peak { get; } = new("peak", "user");

    /// <summary>All meters, in the order of the rules.</summary>
    public static IReadOnlyList<Meter> All { get; } = [Av, Playback, Whiteboard, Recording, Slicing, Screenshot, Storage, Delivery, Peak];

    /// <summary>Its name in the API and on rate cards.</summary>
    public string Name { get; }
    /// <summary>Its base unit; quantities are whole numbers of it.</summary>
    public string Unit { get; }
    /// <summary>The names of its dimensions, in their fixed order.</summary>
    public IReadOnlyList<string> Dimensions { get; }
    /// <summary>No value in any dimension.</summary>
    public Dimensions None { get; }

    /// <summary>The meter of that name, or null.</summary>
    public static Meter? Named(string name) => All.FirstOrDefault(meter => meter.Name == name);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>
/// One value for each dimension of a meter, in the meter's order; null where there is none. <c>download</c> is a boolean and is
/// held as <c>"true"</c> or <c>"false"</c>. Equal when meter and values are.
/// </summary>
public sealed class Dimensions : IEquatable<Dimensions>
{
    private readonly string?[] values;
    private readonly int hash;
    private string? key;

    /// <param name="meter">Whose dimensions they are.</param>
    /// <param name="values">As many as the meter has dimensions.</param>
    /// <exception cref="ArgumentException">There are more or fewer values than dimensions.</exception>
    public Dimensions(Meter meter, params string?[] values)
    {
        if (values.Length != meter.Dimensions.Count)
        {
            throw new ArgumentException($"{meter.Name} has {meter.Dimensions.Count} dimensions, not {values.Length}.", nameof(values));
        }

        Meter = meter;
        this.values = values;
        var code = new HashCode();
        code.Add(meter.Name);
        foreach (string? value in values)
        {
            code.Add(value);
        }

        hash = code.ToHashCode();
    }

    /// <summary>Whose dimensions they are.</summary>
    public Meter Meter { get; }
    /// <summary>The values, in the meter's order.</summary>
    public IReadOnlyList<string?> Values => values;

    /// <summary>The value of the named dimension; null where it has none or the meter does not know it.</summary>
    public string? this[string dimension]
    {
        get
        {
            for (int i = 0; i < values.Length; i++)
            {
                if (Meter.Dimensions[i] == dimension)
                {
                    return values[i];
                }
            }

            return null;
        }
    }

    /// <summary>The values as a JSON array: the form in which tables keep them. <see cref="FromKey"/> reads it back.</summary>
    public string Key => key ??= values.Length == 0 ? "[]" : JsonSerializer.Serialize(values);

    /// <summary>Reads what <see cref="Key"/> wrote.</summary>
    /// <exception cref="FormatException">It is not such an array.</exception>
    public static Dimensions FromKey(Meter meter, string key)
    {
        try
        {
            return new Dimensions(meter, JsonSerializer.Deserialize<string?[]>(key) ?? throw new FormatException(key));
        }
        catch (JsonException wrong)
        {
            throw new FormatException(key, wrong);
        }
    }

    /// <inheritdoc/>
    public bool Equals(Dimensions? other) =>
        other is not null && hash == other.hash && ReferenceEquals(Meter, other.Meter) && values.AsSpan().SequenceEqual(other.values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Dimensions);

    /// <inheritdoc/>
    public override int GetHashCode() => hash;

    /// <inheritdoc/>
    public override string ToString() => new StringBuilder(Meter.Name).Append(Key).ToString();
}

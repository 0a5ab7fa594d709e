namespace Minutebook.Core.Events;

/// <summary>
/// The keys of the objects that are open while an event is read, to find one that comes twice. An object is looked through when it
/// ends: a few keys each against each, many of them sorted, so that no event costs more than its length times a logarithm.
/// </summary>
internal sealed class EventKeys
{
    private const int Few = 8;
    private Place[] places = new Place[16];
    private int count;

    private readonly record struct Place(int Start, int Length, bool Escaped);

    public int Count => count;

    public void Clear() => count = 0;

    public void Add(int start, int length, bool escaped)
    {
        if (count == places.Length)
        {
            Array.Resize(ref places, count * 2);
        }

        places[count++] = new Place(start, length, escaped);
    }

    /// <summary>Forgets the keys from the given one on; answers whether two of them were the same.</summary>
    public bool CloseFrom(int first, ReadOnlySpan<byte> body, EventFields fields)
    {
        ReadOnlySpan<Place> keys = places.AsSpan(first, count - first);
        bool twice = keys.Length <= Few ? TwiceAmongFew(keys, body, fields) : TwiceAmongMany(keys, body, fields);
        count = first;
        return twice;
    }

    private static bool TwiceAmongFew(ReadOnlySpan<Place> keys, ReadOnlySpan<byte> body, EventFields fields)
    {
        for (int i = 1; i < keys.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (keys[i].Length == keys[j].Length && Text(keys[i], body, fields).SequenceEqual(Text(keys[j], body, fields)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    // Rare: copies, because a comparison of the sort cannot hold the span of the body.
    private static bool TwiceAmongMany(ReadOnlySpan<Place> keys, ReadOnlySpan<byte> body, EventFields fields)
    {
        byte[][] texts = new byte[keys.Length][];
        for (int i = 0; i < keys.Length; i++)
        {
            texts[i] = Text(keys[i], body, fields).ToArray();
        }

        Array.Sort(texts, static (a, b) => a.AsSpan().SequenceCompareTo(b));
        for (int i = 1; i < texts.Length; i++)
        {
            if (texts[i].AsSpan().SequenceEqual(texts[i - 1]))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<byte> Text(in Place key, ReadOnlySpan<byte> body, EventFields fields) =>
        key.Escaped ? fields.Scratch(key.Start, key.Length) : body.Slice(key.Start, key.Length);
}

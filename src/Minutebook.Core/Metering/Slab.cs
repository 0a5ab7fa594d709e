using System.Buffers;
using System.Numerics;

namespace Minutebook.Core.Metering;

/// <summary>A part of an array that has one owner, who fills it from its start.</summary>
internal struct Stretch<T>
    where T : unmanaged
{
    public T[] Array;
    public int Start;
    public int Length;

    public readonly ref T this[int index] => ref Array[unchecked(Start + index)];

    public readonly Span<T> Span => Array.AsSpan(Start, Length);
}

/// <summary>
/// Where pages get their memory: stretches of large arrays, in sizes of powers of two, that the next page uses again when one lets go.
/// Pages grow all the time and by the thousand; arrays of their own would keep the collector busy copying them. One thread at a time.
/// </summary>
internal sealed class Slab<T>
    where T : unmanaged
{
    /// <summary>Above this a stretch is an array of its own, from what all pages share: a large class is read again and again.</summary>
    private const int Largest = 1 << 12;
    private const int LargestArray = 1 << 16;
    private const int SmallestArray = 1 << 8;

    private readonly Stack<Stretch<T>>?[] free = new Stack<Stretch<T>>?[BitOperations.Log2(Largest) + 1];
    private Stretch<T> rest = new() { Array = [] };

    /// <summary>Moves to a stretch of at least <paramref name="length"/>; what is behind the first <paramref name="used"/> is undefined.</summary>
    public void Grow(ref Stretch<T> stretch, int used, int length)
    {
        Stretch<T> larger = Take((int)BitOperations.RoundUpToPowerOf2((uint)length));
        if (used > 0)
        {
            stretch.Span[..used].CopyTo(larger.Span);
        }

        Return(ref stretch);
        stretch = larger;
    }

    /// <summary>Gives a stretch back; its owner has none afterwards.</summary>
    public void Return(ref Stretch<T> stretch)
    {
        if (stretch.Length is > 0 and <= Largest)
        {
            (free[BitOperations.Log2((uint)stretch.Length)] ??= new()).Push(stretch);
        }
        else if (stretch.Length > Largest)
        {
            ArrayPool<T>.Shared.Return(stretch.Array);
        }

        stretch = default;
    }

    private Stretch<T> Take(int length)
    {
        if (length > Largest)
        {
            return new Stretch<T> { Array = ArrayPool<T>.Shared.Rent(length), Length = length };
        }

        return free[BitOperations.Log2((uint)length)] is { } its && its.TryPop(out Stretch<T> used) ? used : Cut(length);
    }

    private Stretch<T> Cut(int length)
    {
        if (rest.Length < length)
        {
            // What is left of the old array is less than is asked for now, but serves smaller ones.
            while (rest.Length > 0)
            {
                Stretch<T> left = CutFromRest(1 << BitOperations.Log2((uint)rest.Length));
                Return(ref left);
            }

            // An account that sends little needs little.
            int size = Math.Max(length, Math.Clamp(rest.Array.Length * 2, SmallestArray, LargestArray));
            rest = new Stretch<T> { Array = GC.AllocateUninitializedArray<T>(size), Length = size };
        }

        return CutFromRest(length);
    }

    private Stretch<T> CutFromRest(int length)
    {
        var cut = new Stretch<T> { Array = rest.Array, Start = rest.Start, Length = length };
        rest.Start += length;
        rest.Length -= length;
        return cut;
    }
}

/// <summary>The memory of an account's pages.</summary>
internal sealed class PageMemory
{
    private const int MostRoles = 64;

    public Slab<Record> Records { get; } = new();
    public Slab<Slot> Slots { get; } = new();
    public Slab<Participant> Participants { get; } = new();
    public Slab<Present> Present { get; } = new();
    public Slab<int> Numbers { get; } = new();
    public Slab<byte> Bytes { get; } = new();

    private readonly List<Role> roles = [];

    /// <summary>A role: the same object for all pages, as long as there are few.</summary>
    public Role RoleOf(ReadOnlySpan<byte> utf8)
    {
        foreach (Role known in roles)
        {
            if (known.Utf8.AsSpan().SequenceEqual(utf8))
            {
                return known;
            }
        }

        var role = new Role(utf8.ToArray(), System.Text.Encoding.UTF8.GetString(utf8));
        if (roles.Count < MostRoles)
        {
            roles.Add(role);
        }

        return role;
    }
}

/// <summary>A participant's role.</summary>
internal sealed record Role(byte[] Utf8, string Name);

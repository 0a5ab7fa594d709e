using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>A quantity, and presence that is open and grows with time.</summary>
internal struct Tally
{
    /// <summary>What is over, in base units.</summary>
    public Int128 Quantity;
    /// <summary>How many presences are open.</summary>
    public long OpenCount;
    /// <summary>The sum of the seconds at which they opened.</summary>
    public Int128 OpenSum;
    /// <summary>Changed since the last flush.</summary>
    public bool Dirty;

    public readonly bool IsEmpty => Quantity == 0 && OpenCount == 0;

    /// <summary>
    /// The quantity as of an instant: what is open counts from where it opened, in [start, end) and up to now. Whiteboard minutes are
    /// counted when they begin.
    /// </summary>
    /// <param name="openedBefore">Whether what is open opened before <paramref name="start"/>.</param>
    /// <param name="start">Second.</param>
    /// <param name="end">Second, excluded.</param>
    /// <param name="now">Second.</param>
    /// <param name="inMinutes">Whole clock minutes are counted.</param>
    public readonly Int128 OpenAt(bool openedBefore, long start, long end, long now, bool inMinutes)
    {
        long until = inMinutes && now % 60 != 0 ? now + 60 - (now % 60) : now;
        until = Math.Min(until, end);
        if (until <= start)
        {
            return 0;
        }

        return openedBefore ? (Int128)OpenCount * (until - start) : ((Int128)OpenCount * until) - OpenSum;
    }
}

/// <summary>What an account's applications used, by hour and dimensions.</summary>
internal sealed class UsageTable(Calendar calendar)
{
    private const int None = -1;

    private readonly record struct Cell(long Hour, int Application, int Dimensions);

    private readonly Dictionary<Cell, int> places = [];
    private readonly Dictionary<long, List<int>> hours = [];
    private readonly List<int> dirty = [];
    private readonly HashSet<long> changedHours = [];
    private Cell[] cells = new Cell[4];
    private Tally[] tallies = new Tally[4];
    private Int128[] spanned = new Int128[4];
    private UsageSpans? spans;
    private Cell last;
    private int lastPlace = None;
    private long lastChanged = long.MinValue;

    /// <summary>What the hours add up to, as of the last <see cref="FillSpans"/>.</summary>
    public UsageSpans Spans => spans ??= new(calendar);

    /// <summary>What changed since the last flush.</summary>
    public IEnumerable<(long Hour, int Application, int Dimensions, Tally Tally)> Dirty => dirty.Select(At);

    public void Add(int application, int dimensions, long hour, Int128 quantity) =>
        Touch(new Cell(hour, application, dimensions)).Quantity += quantity;

    public void AddOpen(int application, int dimensions, long from, int count)
    {
        ref Tally tally = ref Touch(new Cell(calendar.HourOf(from), application, dimensions));
        tally.OpenCount += count;
        tally.OpenSum += (Int128)count * from;
    }

    /// <summary>The hours in which something was used or opened, that start in [from, to).</summary>
    public IEnumerable<(long Hour, int Application, int Dimensions, Tally Tally)> Between(long from, long to)
    {
        for (long hour = calendar.HourOf(from); hour < to; hour = calendar.NextHour(hour))
        {
            if (hour < from || !hours.TryGetValue(hour, out List<int>? its))
            {
                continue;
            }

            foreach (int place in its)
            {
                yield return At(place);
            }
        }
    }

    public void Restore(int application, int dimensions, long hour, Int128 quantity, long openCount, Int128 openSum)
    {
        int place = PlaceOf(new Cell(hour, application, dimensions));
        ref Tally tally = ref tallies[place];
        tally.Quantity += quantity;
        tally.OpenCount += openCount;
        tally.OpenSum += openSum;
        spanned[place] += quantity;
        Spans.Restore(hour, application, dimensions, quantity);
    }

    /// <summary>Adds to days and months what their hours gained since the last time.</summary>
    public void FillSpans()
    {
        foreach (int place in dirty)
        {
            Int128 change = tallies[place].Quantity - spanned[place];
            if (change != 0)
            {
                spanned[place] += change;
                Spans.Add(cells[place].Hour, cells[place].Application, cells[place].Dimensions, change);
            }
        }
    }

    /// <summary>The hours that changed since the last time that this was asked.</summary>
    public List<long> TakeChangedHours()
    {
        List<long> taken = [.. changedHours];
        changedHours.Clear();
        lastChanged = long.MinValue;
        return taken;
    }

    /// <summary>Marks all as written.</summary>
    public void Flushed()
    {
        foreach (int place in dirty)
        {
            tallies[place].Dirty = false;
        }

        dirty.Clear();
        Spans.Flushed();
    }

    private (long Hour, int Application, int Dimensions, Tally Tally) At(int place) =>
        (cells[place].Hour, cells[place].Application, cells[place].Dimensions, tallies[place]);

    private ref Tally Touch(in Cell cell)
    {
        int place = PlaceOf(cell);
        ref Tally tally = ref tallies[place];
        if (cell.Hour != lastChanged)
        {
            changedHours.Add(cell.Hour);
            lastChanged = cell.Hour;
        }

        if (!tally.Dirty)
        {
            tally.Dirty = true;
            dirty.Add(place);
        }

        return ref tally;
    }

    private int PlaceOf(in Cell cell)
    {
        // What comes together mostly falls together.
        if (lastPlace != None && cell == last)
        {
            return lastPlace;
        }

        ref int place = ref CollectionsMarshal.GetValueRefOrAddDefault(places, cell, out bool known);
        if (!known)
        {
            place = places.Count - 1;
            if (place == cells.Length)
            {
                Array.Resize(ref cells, place * 2);
                Array.Resize(ref tallies, place * 2);
                Array.Resize(ref spanned, place * 2);
            }

            cells[place] = cell;
            ref List<int>? its = ref CollectionsMarshal.GetValueRefOrAddDefault(hours, cell.Hour, out _);
            (its ??= []).Add(place);
        }

        (last, lastPlace) = (cell, place);
        return place;
    }
}

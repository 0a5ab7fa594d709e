using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>How long a span of added-up hours is. The numbers are part of the tables.</summary>
public enum UsageSpan
{
    /// <summary>A local day: the hours that start on it (rule 1.2).</summary>
    Day = 0,
    /// <summary>A month: its days.</summary>
    Month = 1,
}

/// <summary>
/// What hours add up to by local day and month, so that a year need not be read hour by hour. Follows the hours by their differences,
/// which is exact: quantities are whole numbers. Without presence that is open, which grows by the second.
/// </summary>
internal sealed class UsageSpans(Calendar calendar)
{
    /// <summary>A day or a month of an application and dimensions.</summary>
    /// <param name="Span">Which of them.</param>
    /// <param name="Start">The day's number; of a month, its first day's.</param>
    /// <param name="Application">The application's place in the account.</param>
    /// <param name="Dimensions">The number of the dimensions.</param>
    public readonly record struct Cell(UsageSpan Span, int Start, int Application, int Dimensions);

    private readonly Dictionary<Cell, Int128> sums = [];
    private readonly HashSet<Cell> dirty = [];
    private int lastDay = int.MinValue;
    private int lastMonth;

    /// <summary>What changed since the last flush.</summary>
    public IEnumerable<(Cell Cell, Int128 Quantity)> Dirty => dirty.Select(cell => (cell, sums.GetValueOrDefault(cell)));

    /// <summary>An hour's quantity changed by so much.</summary>
    public void Add(long hour, int application, int dimensions, Int128 change)
    {
        int day = calendar.DayOf(hour);
        dirty.Add(Add(new Cell(UsageSpan.Day, day, application, dimensions), change));
        dirty.Add(Add(new Cell(UsageSpan.Month, MonthOf(day), application, dimensions), change));
    }

    /// <summary>The same of what is stored already.</summary>
    public void Restore(long hour, int application, int dimensions, Int128 quantity)
    {
        int day = calendar.DayOf(hour);
        Add(new Cell(UsageSpan.Day, day, application, dimensions), quantity);
        Add(new Cell(UsageSpan.Month, MonthOf(day), application, dimensions), quantity);
    }

    /// <summary>Marks all as written.</summary>
    public void Flushed() => dirty.Clear();

    private Cell Add(in Cell cell, Int128 change)
    {
        ref Int128 sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, cell, out _);
        sum += change;
        return cell;
    }

    private int MonthOf(int day)
    {
        if (day != lastDay)
        {
            (lastDay, lastMonth) = (day, day - Calendar.Date(day).Day + 1);
        }

        return lastMonth;
    }
}

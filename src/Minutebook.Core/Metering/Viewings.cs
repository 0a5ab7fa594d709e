using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>The viewing of a class's recordings on one local day (rule 8.1).</summary>
internal sealed class ViewingDay
{
    private readonly HashSet<string> viewers = new(StringComparer.Ordinal);

    /// <summary>When the first and the last viewing were, in ms.</summary>
    public long First { get; private set; } = long.MaxValue;
    public long Last { get; private set; } = long.MinValue;
    /// <summary>Of all viewings.</summary>
    public Int128 Seconds { get; private set; }
    /// <summary>Distinct ones.</summary>
    public int Viewers => viewers.Count;

    public void Add(long time, string viewer, long seconds)
    {
        (First, Last, Seconds) = (Math.Min(First, time), Math.Max(Last, time), Seconds + seconds);
        viewers.Add(viewer);
    }
}

public sealed partial class Page
{
    private HashSet<int>? dirtyViewings;
    private HashSet<int>? viewingDays;
    private string? viewingsName;

    /// <summary>A viewing came or went on a local day.</summary>
    internal void TouchViewings(int day)
    {
        (viewingDays ??= []).Add(day);
        (dirtyViewings ??= []).Add(day);
    }

    /// <summary>Its rows of viewings are stored, under the class's name.</summary>
    internal void FlushedViewings(string? name) => (dirtyViewings, viewingsName) = (null, name);

    /// <summary>The days whose rows of viewings are not what they were, added up anew; all when the class has got another name.</summary>
    /// <param name="name">The class's name.</param>
    /// <param name="dayOf">The local day of an instant in ms.</param>
    /// <param name="now">In ms; later viewings have no effect yet.</param>
    internal Dictionary<int, ViewingDay?> TakeViewings(string? name, Func<long, int> dayOf, long now)
    {
        HashSet<int>? days = name == viewingsName ? dirtyViewings : viewingDays;
        if (days is null)
        {
            return [];
        }

        Dictionary<int, ViewingDay?> taken = days.ToDictionary(static day => day, static ViewingDay? (_) => null);
        for (int i = 0; i < Count; i++)
        {
            ref Record record = ref records[i];
            if (record.Kind == EventKind.PlaybackViewed && !record.Voided && record.Time <= now && dayOf(record.Time) is var day && days.Contains(day))
            {
                Amount viewing = AmountsOf(record)[0];
                (taken[day] ??= new ViewingDay()).Add(record.Time, UserOf(viewing) ?? "", viewing.Quantity);
            }
        }

        FlushedViewings(name);
        return taken;
    }
}

namespace Minutebook.Core.Metering;

public sealed partial class Page
{
    /// <summary>Hours whose samples changed since it was settled last.</summary>
    internal HashSet<long>? DirtyHours { get; set; }
}

/// <summary>
/// What applications store (rules 3 and 3.6): a sample holds from its second until the next one's, or for ever. Of several in one second
/// the last holds, of several in one millisecond the largest, so that the order in which they came means nothing.
/// </summary>
internal sealed class StorageMeter(Calendar calendar)
{
    private readonly Dictionary<int, StepHours> applications = [];
    private readonly List<(long Time, long Bytes)> samples = [];

    /// <summary>Hours whose row changed since the last flush.</summary>
    public HashSet<(int Application, long Hour)> Changed { get; } = [];

    public StepHours Of(int application)
    {
        if (!applications.TryGetValue(application, out StepHours? its))
        {
            applications.Add(application, its = new StepHours());
        }

        return its;
    }

    /// <summary>The local day whose page a sample belongs to: no hour has samples in two.</summary>
    public int DayOf(long ms) => calendar.DayOfMillisecond(ms);

    /// <summary>Notes that a sample came or went.</summary>
    public void Touch(Page page, in Record record) => (page.DirtyHours ??= []).Add(HourOf(record.Time));

    /// <summary>Works out the hours of a page whose samples changed.</summary>
    /// <param name="page">A page of samples.</param>
    /// <param name="now">In ms; later samples have no effect yet.</param>
    /// <param name="touched">Told from which second to which usage may have changed.</param>
    public void Settle(Page page, long now, Action<long, long> touched)
    {
        StepHours its = Of(page.Application);
        foreach (long hour in page.DirtyHours!)
        {
            if (its.Set(hour, Measured(page, hour, now)))
            {
                Changed.Add((page.Application, hour));
                touched(hour, its.After(hour) ?? ClassMeter.FloorSecond(now));
            }
        }

        page.DirtyHours = null;
    }

    private StepHour? Measured(Page page, long hour, long now)
    {
        samples.Clear();
        for (int i = 0; i < page.Count; i++)
        {
            ref Record record = ref page.RecordAt(i);
            if (!record.Voided && record.Time <= now && HourOf(record.Time) == hour)
            {
                samples.Add((record.Time, page.AmountsOf(record)[0].Quantity));
            }
        }

        if (samples.Count == 0)
        {
            return null;
        }

        samples.Sort();
        long first = ClassMeter.FloorSecond(samples[0].Time);
        (long last, long level, Int128 between) = (first, 0, 0);
        foreach ((long time, long bytes) in samples)
        {
            long second = ClassMeter.FloorSecond(time);
            between += (Int128)level * (second - last);
            (last, level) = (second, bytes);
        }

        return new StepHour(hour, first, between, last, level);
    }

    private long HourOf(long ms) => calendar.HourOf(ClassMeter.FloorSecond(ms));
}

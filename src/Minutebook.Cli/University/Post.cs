namespace Minutebook.Cli.University;

/// <summary>
/// The way of an event from the platform to Minutebook: mostly at once, sometimes late, sometimes twice, and now and then on another day.
/// </summary>
internal sealed class Post(ulong seed)
{
    private const int Second = 1_000;
    private const int Minute = 60 * Second;
    private const int Hour = 60 * Minute;

    private Dice dice = new(seed);
    private Moment[] moments = new Moment[1 << 16];
    private int nextNumber = 1;

    /// <summary>What is on its way, in no order.</summary>
    public ReadOnlySpan<Moment> Moments => moments.AsSpan(0, Count);

    public int Count { get; private set; }

    /// <summary>Sends an event; its number is given to it and returned.</summary>
    public int Send(in Moment moment)
    {
        int number = nextNumber++;
        Moment sent = moment with { Number = number, Arrival = moment.Arrival > 0 ? moment.Arrival : moment.Time + Delay() };
        Add(sent);
        if (dice.Chance(0.009))
        {
            Add(sent with { Arrival = sent.Arrival + dice.Between(5 * Second, 12 * Minute) });
        }
        else if (dice.Chance(0.00002))
        {
            // A sender that forgets what it sent under an id: the first to arrive counts.
            Add(sent with { Arrival = sent.Arrival + Minute, Time = sent.Time + 7 });
        }

        return number;
    }

    /// <summary>Keeps only what arrives at or after that instant.</summary>
    public void Drop(long before)
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (moments[i].Arrival >= before)
            {
                moments[kept++] = moments[i];
            }
        }

        Count = kept;
    }

    private int Delay()
    {
        int kind = dice.Below(10_000);
        return kind switch
        {
            < 9_000 => dice.Between(50, 2_500),
            < 9_950 => dice.Between(2 * Second, Minute),
            < 9_998 => dice.Between(Minute, 15 * Minute),
            _ => dice.Between(26 * Hour, 50 * Hour),
        };
    }

    private void Add(in Moment moment)
    {
        if (Count == moments.Length)
        {
            Array.Resize(ref moments, Count * 2);
        }

        moments[Count++] = moment;
    }
}

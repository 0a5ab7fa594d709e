using Minutebook.Cli.Importing;
using NodaTime;

namespace Minutebook.Cli.University;

/// <summary>A month of a university's term as its platform's webhooks tell it: made on the fly, the same for the same seed and now.</summary>
internal sealed class Term
{
    public const string TimeZone = "America/New_York";

    private readonly Post post;
    private readonly Day days;
    private readonly EventText text;
    private long[] arrivals = [];
    private int[] order = [];
    private int ready;
    private int taken;
    private int day = -1;
    private long numbers;

    /// <param name="events">About how many events it has.</param>
    /// <param name="seed">Decides everything that chance decides.</param>
    /// <param name="now">Its last instant.</param>
    public Term(int events, ulong seed, Instant now)
    {
        Dates = new TermDates(now, DateTimeZoneProviders.Tzdb[TimeZone]);
        double load = Enumerable.Range(0, TermDates.WholeDays + 1).Sum(Dates.Weight);
        Campus = new Campus((int)(events / load), seed);
        List<Place> places = [];
        post = new Post(seed + 2);
        days = new Day(Campus, Dates, post, places, seed + 3);
        text = new EventText(places);
    }

    public TermDates Dates { get; }

    public Campus Campus { get; }

    /// <summary>Where the server's clock has to stand before the day's events are posted.</summary>
    public Instant Clock { get; private set; }

    /// <summary>Whether no further day follows.</summary>
    public bool IsLastDay => day == TermDates.WholeDays;

    /// <summary>Goes on to the next day; false after the last.</summary>
    public bool NextDay()
    {
        if (IsLastDay)
        {
            return false;
        }

        day++;
        post.Drop(Clock.ToUnixTimeMilliseconds());
        days.TakePlace(day);
        Clock = Dates.ClockAfter(day);
        Line(Clock.ToUnixTimeMilliseconds());
        return true;
    }

    /// <summary>Writes the day's next events in the order of their arrival; false when there are none left.</summary>
    public bool Fill(Batch batch)
    {
        batch.Clear();
        ReadOnlySpan<Moment> moments = post.Moments;
        int length = 0;
        while (taken < ready && batch.Events < Batch.MostEvents)
        {
            length += text.Write(batch.Bytes.AsSpan(length, EventText.MostBytes), moments[order[taken++]]);
            batch.Events++;
        }

        batch.Length = length;
        batch.Number = numbers++;
        batch.Wait = IsLastDay && taken == ready;
        return batch.Events > 0;
    }

    // Sorts what arrives before the clock; the rest waits for another day.
    private void Line(long until)
    {
        ReadOnlySpan<Moment> moments = post.Moments;
        if (arrivals.Length < moments.Length)
        {
            arrivals = new long[moments.Length * 5 / 4];
            order = new int[arrivals.Length];
        }

        ready = 0;
        for (int i = 0; i < moments.Length; i++)
        {
            if (moments[i].Arrival < until)
            {
                arrivals[ready] = moments[i].Arrival;
                order[ready++] = i;
            }
        }

        Array.Sort(arrivals, order, 0, ready);
        taken = 0;
    }
}

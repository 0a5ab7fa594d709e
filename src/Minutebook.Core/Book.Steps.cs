using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;

namespace Minutebook.Core;

/// <summary>Storage and peak: meters that hold between events, and are kept as step functions (<see cref="Steps"/>).</summary>
public sealed partial class Book
{
    private readonly StorageMeter storage;
    private readonly PeakMeter peaks;
    private readonly Dictionary<(int Application, int Day), Page> samples = [];

    /// <summary>
    /// Names the pages that decide whether a user was in another class at once. Ask before <see cref="Flush"/>, which needs them loaded.
    /// </summary>
    public void FindPresent(ICollection<MissingPage> missing)
    {
        Settle();
        if (peaks.Waiting.Count == 0 || pages.Count == State.Pages)
        {
            return;
        }

        int oldest = OldestDayKept();
        foreach (IGrouping<int, Span> its in peaks.Waiting.ToLookup(one => one.Key.Page.Application, one => one.Value))
        {
            List<Span> spans = [.. its];
            Spans.Unite(spans);
            HashSet<int> asked = [];
            foreach (int day in DaysOf(spans))
            {
                if (day < oldest)
                {
                    missing.Add(new MissingPage(0, State.Applications[its.Key].Id, PageKind.Class, "", DayKey(day)));
                    continue;
                }

                foreach ((int number, AwayPage page) in away.GetValueOrDefault(day) ?? [])
                {
                    if (MayHave(page, its.Key, spans) && asked.Add(number))
                    {
                        missing.Add(new MissingPage(number, "", PageKind.Class, ""));
                    }
                }
            }
        }
    }

    /// <summary>
    /// The same before a day is closed until then, or packages are looked at, where the peak is priced; what is due before happens. Ask for no
    /// instant after <see cref="NextNeed"/>.
    /// </summary>
    /// <returns>Whether it was asked for: then load the pages, and call <see cref="TakePresent"/>.</returns>
    public bool FindPresent(long until, ICollection<MissingPage> missing)
    {
        if (Math.Min(NextCloseAt, lookAt) > until || !IsPeakPriced())
        {
            return false;
        }

        AdvanceTo(until - 1);
        TakeDue(until);
        FindPresent(missing);
        return true;
    }

    /// <summary>Counts presence that waited for pages to be loaded.</summary>
    public void TakePresent() => peaks.TakeWaiting(pages.Values, (page, participant) => meter.SpansOf(page, participant, Now));

    /// <summary>Restores an hour in which storage or the number of users present changed.</summary>
    public void Restore(in StepRow row)
    {
        int application = applicationNumbers[row.Application];
        StepHours its = row.Meter == Meter.Storage.Name ? storage.Of(application) : peaks.Of(application).Rows;
        its.Set(row.Hour, new StepHour(row.Hour, row.First, row.Between, row.Last, row.Level));
    }

    /// <summary>Restores the seconds in which the number of users present changed.</summary>
    public void Restore(in PeakRow row) => peaks.Of(applicationNumbers[row.Application]).Restore(row.Hour, row.Changes);

    private IEnumerable<int> DaysOf(List<Span> spans)
    {
        int next = int.MinValue;
        foreach (Span span in spans)
        {
            // The last second counts up to now where nothing has ended.
            int last = calendar.DayOf(calendar.HourOf(Math.Min(span.To, ClassMeter.FloorSecond(Now))));
            for (int day = Math.Max(next, calendar.DayOf(calendar.HourOf(span.From))); day <= last; day++)
            {
                yield return day;
                next = day + 1;
            }
        }
    }

    private bool MayHave(AwayPage page, int application, List<Span> spans)
    {
        ApplicationState its = State.Applications[application];
        if (page.Class is not { } key || page.Application != its.Id || page.Usage.All(usage => usage.Dimensions >= Presence.WhiteboardDimensions))
        {
            return false;
        }

        // Stays of a room may lie outside of its window (rule 2.3).
        bool isWindowed = key.Start is not null && key.End is not null && its.History.All(settings => settings.Metering == MeteringMode.Class);
        return !isWindowed || spans.Exists(span => span.To >= ClassMeter.FloorSecond(key.Start!.Value) && span.From <= ClassMeter.FloorSecond(key.End!.Value));
    }

    private Page SamplesPage(int application, long time)
    {
        int day = storage.DayOf(time);
        if (!samples.TryGetValue((application, day), out Page? page))
        {
            samples.Add((application, day), page = NewPage(application, PageKind.Samples, DayKey(day)));
        }

        return page;
    }

    private void SettleSamples(Page page)
    {
        if (page.DirtyHours is not null)
        {
            storage.Settle(page, Now, TouchDays);
        }
    }

    /// <summary>A sample holds until the next: it changes every day up to that one, and those that are closed are trued up.</summary>
    private void TouchDays(long from, long to)
    {
        _ = NextCloseAt;
        int last = Math.Min(calendar.DayOf(calendar.HourOf(to)), nextClose - 1);
        for (int day = Math.Max(calendar.DayOf(calendar.HourOf(from)), OldestOpenToTrueUp); day <= last; day++)
        {
            touchedDays.Add(day);
        }
    }

    private void TouchAllDays()
    {
        _ = NextCloseAt;
        for (int day = OldestOpenToTrueUp; day < nextClose; day++)
        {
            touchedDays.Add(day);
        }
    }

    /// <summary>No day before it is trued up, nor is its month.</summary>
    private int OldestOpenToTrueUp => nextClose - State.LateDaysToTrueUp - 34;

    private void FlushSteps(Changes changes)
    {
        TakePresent();
        peaks.Refresh();
        foreach ((int application, long hour) in storage.Changed)
        {
            changes.Steps.Add(RowOf(Meter.Storage, application, hour, storage.Of(application)));
        }

        foreach ((int application, long hour) in peaks.Changed)
        {
            PeakHours its = peaks.Of(application);
            changes.Steps.Add(RowOf(Meter.Peak, application, hour, its.Rows));
            changes.Peaks.Add(new PeakRow(State.Id, State.Applications[application].Id, hour, its.Packed(hour)));
        }

        storage.Changed.Clear();
        peaks.Flushed(ClassMeter.FloorSecond(Now));
    }

    private StepRow RowOf(Meter its, int application, long hour, StepHours rows)
    {
        StepHour? row = rows.Get(hour);
        return new StepRow(
            State.Id, its.Name, State.Applications[application].Id, hour, row?.First ?? 0, row?.Between ?? 0, row?.Last ?? 0, row?.Level ?? 0,
            Deleted: row is null);
    }

    private bool IsPeakPriced() => State.RateCards.Exists(chosen => cards.Versions(chosen.Card).All.Any(card => Prices(card, Meter.Peak)));

    private static bool Prices(RateCard card, Meter its) => card.Rates.Any(rate => ReferenceEquals(rate.Meter, its));

    /// <summary>A period's storage and peak up to now or a later second, by application: usage without a class.</summary>
    private void AddSteps(List<UsageSlice> slices, RateCard card, int first, int end, long second)
    {
        if (Prices(card, Meter.Peak))
        {
            peaks.Refresh();
            AddSteps(slices, Meter.Peak, application => peaks.Of(application).Rows, first, end, second);
        }

        if (Prices(card, Meter.Storage))
        {
            AddSteps(slices, Meter.Storage, storage.Of, first, end, second);
        }
    }

    private void AddSteps(List<UsageSlice> slices, Meter its, Func<int, StepHours> rowsOf, int first, int end, long second)
    {
        (long from, long to) = (calendar.FirstHourOf(first), calendar.FirstHourOf(end));
        for (int application = 0; application < State.Applications.Count; application++)
        {
            foreach ((_, Int128 quantity) in Steps.Hours(its, rowsOf(application).All, calendar, from, to, second))
            {
                slices.Add(new UsageSlice(null, State.Applications[application].Id, null, its.None, quantity));
            }
        }
    }
}

using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using Minutebook.Reference.Workloads;

namespace Minutebook.Core.Tests.Metering;

/// <summary>A story told to a book.</summary>
internal static class BookStory
{
    /// <summary>What a book says of it at an instant, its events having come in the order in which they were told, or in the reverse.</summary>
    public static Figures BookAt(this Story story, string now, bool backwards = false)
    {
        long at = Story.Ms(now);
        Desk desk = story.DeskAt(now, backwards);
        desk.AdvanceTo(at);
        desk.Flush();
        return new Figures(desk.Tables, story.Account, at) { Counters = desk.Book.State.Counters };
    }

    public static Desk DeskAt(this Story story, string now, bool backwards = false)
    {
        ReferenceHistory history = story.HistoryAt(now);
        long at = Story.Ms(now);
        long created = history.Arrivals.Min(arrival => Math.Min(arrival.AtMs, arrival.Event?.TimeMs ?? at)) - (2 * 86_400_000L);
        var desk = new Desk(story.Account, created);
        foreach (Step step in StepsOf(history, created, backwards).Where(step => step.AtMs <= at).OrderBy(step => step.AtMs))
        {
            desk.Do(step);
        }

        return desk;
    }

    private static IEnumerable<Step> StepsOf(ReferenceHistory history, long created, bool backwards)
    {
        foreach (ReferenceApplication application in history.Applications)
        {
            foreach (SettingsAt made in application.Settings)
            {
                yield return new Step.Settings(Math.Max(created, made.AtMs), application.Id, made.Settings);
            }
        }

        foreach (SectionAt section in history.Sections)
        {
            yield return new Step.Section(Math.Max(created, section.AtMs), section);
        }

        foreach (IGrouping<long, Arrival> arrivals in history.Arrivals.GroupBy(arrival => arrival.AtMs))
        {
            List<ReferenceEvent> events = [.. arrivals.Select(arrival => arrival.Event).OfType<ReferenceEvent>()];
            if (backwards)
            {
                events.Reverse();
            }

            yield return events.Count > 0 ? new Step.Batch(arrivals.Key, events) : new Step.Reapply(arrivals.Key);
        }
    }
}

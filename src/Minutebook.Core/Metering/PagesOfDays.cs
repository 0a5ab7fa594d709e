using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>
/// How many pages have usage of given dimensions on a local day, or had some, and how many participants those pages have: never fewer than
/// have.
/// </summary>
internal sealed class PagesOfDays
{
    private readonly Dictionary<int, Dictionary<(int Application, int Dimensions), Number>> days = [];

    /// <summary>How many, and of how many of them nobody knows the participants.</summary>
    private record struct Number(int Pages, int Unknown, long Participants);

    /// <param name="day">The local day's number.</param>
    /// <param name="application">The application.</param>
    /// <param name="dimensions">The dimensions.</param>
    /// <returns>Pages, and their participants; null where a page's are not known.</returns>
    public (long Pages, long? Participants) On(int day, int application, int dimensions)
    {
        Number its = days.TryGetValue(day, out Dictionary<(int, int), Number>? all) ? all.GetValueOrDefault((application, dimensions)) : default;
        return (its.Pages, its.Unknown == 0 ? its.Participants : null);
    }

    /// <summary>Adds a page that has so many participants, null where that is not known.</summary>
    public void Add(int day, int application, int dimensions, int? participants) =>
        Change(day, application, dimensions, pages: 1, participants is null ? 1 : 0, participants ?? 0);

    /// <summary>Takes it out again.</summary>
    public void Remove(int day, int application, int dimensions, int? participants) =>
        Change(day, application, dimensions, pages: -1, participants is null ? -1 : 0, -(participants ?? 0));

    /// <summary>Counts what a page has used, and by how many, since it was counted before.</summary>
    public void Count(Page page)
    {
        int participants = page.MostParticipants;
        if (page.DaysCounted == page.Days.Count && page.ParticipantsCounted == participants)
        {
            return;
        }

        for (int at = 0; at < page.Days.Count; at++)
        {
            bool isNew = at >= page.DaysCounted;
            Add(page, at, isNew ? 1 : 0, isNew ? participants : participants - page.ParticipantsCounted);
        }

        (page.DaysCounted, page.ParticipantsCounted) = (page.Days.Count, participants);
    }

    /// <summary>Takes out all that was counted of a page.</summary>
    public void Remove(Page page)
    {
        for (int at = 0; at < page.DaysCounted; at++)
        {
            Add(page, at, -1, -page.ParticipantsCounted);
        }

        (page.DaysCounted, page.ParticipantsCounted) = (0, 0);
    }

    /// <summary>Lets go of the days before one.</summary>
    public void Forget(int before)
    {
        foreach (int day in days.Keys.Where(day => day < before).ToList())
        {
            days.Remove(day);
        }
    }

    private void Add(Page page, int at, int pages, int participants)
    {
        ref readonly DayTallies.Entry used = ref page.Days[at];
        Change(used.Day, page.Application, used.Dimensions, pages, 0, participants);
    }

    private void Change(int day, int application, int dimensions, int pages, int unknown, long participants)
    {
        if (!days.TryGetValue(day, out Dictionary<(int, int), Number>? all))
        {
            days.Add(day, all = []);
        }

        ref Number its = ref CollectionsMarshal.GetValueRefOrAddDefault(all, (application, dimensions), out _);
        its = new Number(its.Pages + pages, its.Unknown + unknown, its.Participants + participants);
    }
}

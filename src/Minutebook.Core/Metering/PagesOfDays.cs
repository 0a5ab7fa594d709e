using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>How many pages have usage of given dimensions on a local day, or had some: never fewer than have.</summary>
internal sealed class PagesOfDays
{
    private readonly Dictionary<int, Dictionary<(int Application, int Dimensions), int>> days = [];

    public int On(int day, int application, int dimensions) =>
        days.TryGetValue(day, out Dictionary<(int, int), int>? its) ? its.GetValueOrDefault((application, dimensions)) : 0;

    public void Add(int day, int application, int dimensions, int change)
    {
        if (!days.TryGetValue(day, out Dictionary<(int, int), int>? its))
        {
            days.Add(day, its = []);
        }

        CollectionsMarshal.GetValueRefOrAddDefault(its, (application, dimensions), out _) += change;
    }

    /// <summary>Counts a page's entries, from one on.</summary>
    public void Add(Page page, int from, int change)
    {
        for (int at = from; at < page.Days.Count; at++)
        {
            ref readonly DayTallies.Entry used = ref page.Days[at];
            Add(used.Day, page.Application, used.Dimensions, change);
        }
    }

    /// <summary>Lets go of the days before one.</summary>
    public void Forget(int before)
    {
        foreach (int day in days.Keys.Where(day => day < before).ToList())
        {
            days.Remove(day);
        }
    }
}

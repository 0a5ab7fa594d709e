using Minutebook.Core.Billing;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What is left of a package over its validity: from full at its beginning to what is left now, and on at the same pace to nothing or its end.</summary>
/// <param name="NowAt">Now, of 1,000 from beginning to end.</param>
/// <param name="LeftAt">What is left now, of 100 from full (0) to nothing (100).</param>
/// <param name="EndAt">Where the line ends, of 1,000.</param>
/// <param name="EndLeftAt">What is left there.</param>
/// <param name="Percent">What is left now, in per cent.</param>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <param name="Text">The same in a sentence.</param>
public sealed record PaceLine(int NowAt, int LeftAt, int EndAt, int EndLeftAt, int Percent, string From, string To, string Text)
{
    /// <summary>It would be used up before its end.</summary>
    public bool MeetsNothing => EndLeftAt == 100;

    internal static PaceLine Of(Visit visit, Package package)
    {
        Show show = visit.Show;
        if (package.IsUsedUp && visit.Account!.Packages.FirstOrDefault(state => state.Id == package.Id)?.UsedUpAt is { } at)
        {
            return UsedUp(show, visit.Texts, package, Instant.FromUnixTimeMilliseconds(at));
        }

        Int128 all = Int128.Max(1, package.Quantity.Trillionths);
        Int128 used = package.Quantity.Trillionths - package.Remaining.Trillionths;
        Instant? usedUp = package.IsValidAt(visit.Now) ? BundleView.Of(package, visit.Now).UsedUpAt : null;
        int now = PlaceOf(package, visit.Now), left = (int)(used * 100 / all);
        int end = usedUp is { } until ? PlaceOf(package, until) : 1000;
        int endLeft = usedUp is not null ? 100 : now == 0 ? left : Math.Min(99, left * 1000 / now);
        string text = !package.IsValidAt(visit.Now) || used == 0
            ? ""
            : usedUp is { } day ? visit.Texts.Of("package.pace", show.FullDay(show.DayOf(day))) : visit.Texts["package.pace-enough"];
        return new PaceLine(
            now, left, package.IsValidAt(visit.Now) ? end : now, package.IsValidAt(visit.Now) ? endLeft : left, 100 - left,
            show.FullDay(show.DayOf(package.ValidFrom)), show.FullDay(package.EndDay.PlusDays(-1)), text);
    }

    private static PaceLine UsedUp(Show show, Texts texts, Package package, Instant at)
    {
        int place = PlaceOf(package, at);
        return new PaceLine(
            place, 100, place, 100, 0, show.FullDay(show.DayOf(package.ValidFrom)), show.FullDay(package.EndDay.PlusDays(-1)),
            texts.Of("package.used-up-on", show.FullMoment(at)));
    }

    /// <summary>Of 1,000 from beginning to end.</summary>
    private static int PlaceOf(Package package, Instant at)
    {
        long from = package.ValidFrom.ToUnixTimeSeconds(), length = Math.Max(1, package.ValidTo.ToUnixTimeSeconds() - from);
        return (int)(Math.Clamp(at.ToUnixTimeSeconds() - from, 0, length) * 1000 / length);
    }
}

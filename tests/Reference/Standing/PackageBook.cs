namespace Minutebook.Reference.Standing;

/// <summary>Applications, their classes and recordings, packages and what is left in them, by adding everything up anew each time.</summary>
internal sealed class PackageBook(List<ExpectedAlert> alerts, long firstDay)
{
    private const long DaySeconds = 86_400;
    private const long East = 28_800;
    private readonly List<Holding> holdings = [];
    private readonly SortedDictionary<string, App> applications = new(StringComparer.Ordinal);
    private readonly List<Lesson> lessons = [];
    private readonly List<(long Second, string App, long Seconds)> recordings = [];
    private long firstOpen = firstDay;
    private long[]? lastLeft;

    public IReadOnlyCollection<string> Applications => applications.Keys;

    public IEnumerable<(string Id, long Begin, long End)> ClassesOf(string application) => lessons.Where(its => its.App == application)
        .Select(its => (its.Id, its.Begin / 60, its.End / 60));

    public string? WhySuspended(string application) => applications[application].Reason;

    public bool WasFreeAt(string application, long second) => applications[application].Changes.LastOrDefault(change => change.Second <= second).Reason is null;

    /// <summary>Something may change before the minute is over.</summary>
    public bool Moves(long second) => holdings.Exists(its => its.IsValidAt(second)) && lessons.Exists(its => its.Users > 0 && its.Begin <= second && second < its.End);

    public void Take(Fact fact)
    {
        lastLeft = null;
        switch (fact)
        {
            case Fact.Application its:
                if (!applications.TryGetValue(its.Id, out App? app))
                {
                    applications.Add(its.Id, app = new App { CreatedAt = its.Minute * 60 });
                }

                (app.Monthly, app.PayAsYouGo) = (its.Monthly, its.PayAsYouGo);
                break;
            // An application that a released account was refused has no account: its events wait outside.
            case Fact.Recorded { App: var id } when !applications.ContainsKey(id):
            case Fact.Began { App: var other } when !applications.ContainsKey(other):
                break;
            case Fact.Recorded its:
                recordings.Add((its.Minute * 60, its.App, its.Minutes * 60L));
                break;
            case Fact.Began its:
                lessons.Add(new Lesson(its.App, its.Class, its.Minute * 60, its.Users) { End = (its.Minute * 60) + DaySeconds });
                break;
            case Fact.Ended its:
                if (lessons.Find(one => one.App == its.App && one.Id == its.Class) is { } lesson)
                {
                    lesson.End = Math.Min(lesson.End, its.Minute * 60);
                }

                break;
        }
    }

    public long Buy(Fact.Bought its)
    {
        lastLeft = null;
        Sold sold = Sold.All.Single(one => one.Sku == its.Sku);
        long second = its.Minute * 60;
        DateTime first = DateTime.UnixEpoch.AddSeconds(second + East).Date;
        DateTime end = sold.Days is { } days ? first.AddDays(days) : first.AddMonths(1);
        holdings.Add(new Holding
        {
            Id = $"P-{holdings.Count + 1}",
            App = its.App,
            BoughtAt = second,
            Quantity = sold.Minutes,
            Left = sold.Minutes,
            Price = sold.PriceMicros,
            From = SecondOf(first),
            To = SecondOf(end),
        });
        return sold.PriceMicros;
    }

    public long Refund(Fact.Refunded its)
    {
        lastLeft = null;
        Holding holding = holdings[its.Package];
        bool isUnused = LiveLeft(its.Minute * 60)[its.Package] == holding.Quantity;
        if (holding.Refunded || !isUnused || (its.Minute * 60) - holding.BoughtAt > 120 * 3600)
        {
            return 0;
        }

        holding.Refunded = true;
        return holding.Price;
    }

    private static long SecondOf(DateTime date) => (long)(date - DateTime.UnixEpoch).TotalSeconds - East;

    /// <summary>Closes a day for good; what it costs in millionths, null when nothing was used.</summary>
    public long? Close(long day, long second)
    {
        lastLeft = null;
        bool used = Settle(day, second, holdings.Select(its => its.Left).ToArray(), out long[] left, out long micros);
        for (int i = 0; i < left.Length; i++)
        {
            holdings[i].Left = left[i];
        }

        firstOpen = day + 1;
        return used ? micros : null;
    }

    /// <summary>What is left now, as if all that is open closed now.</summary>
    private long[] LiveLeft(long second)
    {
        long[] left = [.. holdings.Select(its => its.Left)];
        long today = (second + East) / DaySeconds;
        for (long day = firstOpen; day <= today; day++)
        {
            Settle(day, second, left, out left, out _);
        }

        return left;
    }

    private bool Settle(long day, long now, long[] before, out long[] left, out long micros)
    {
        left = [.. before];
        micros = 0;
        (long from, long to) = ((day * DaySeconds) - East, ((day + 1) * DaySeconds) - East);
        bool used = false;
        var totals = new Dictionary<string, long>();
        foreach (Lesson lesson in lessons.Where(its => its.Begin < to && its.End > from).OrderBy(its => its.End <= now ? its.End : long.MaxValue).ThenBy(its => its.Begin)
            .ThenBy(its => its.App, StringComparer.Ordinal).ThenBy(its => its.Id, StringComparer.Ordinal))
        {
            long seconds = Math.Max(0, Math.Min(Math.Min(lesson.End, now), to) - Math.Max(lesson.Begin, from)) * lesson.Users;
            used |= seconds > 0;
            long total = totals.GetValueOrDefault(lesson.App);
            long units = ((total + seconds + 59) / 60) - ((total + 59) / 60);
            totals[lesson.App] = total + seconds;
            micros += Pay(lesson.App, Deduct(lesson.App, units, left, to)) * 10_000;
        }

        foreach (IGrouping<string, (long Second, string App, long Seconds)> recorded in recordings.Where(its => its.Second >= from && its.Second < to).GroupBy(its => its.App))
        {
            used = true;
            micros += Pay(recorded.Key, recorded.Sum(its => its.Seconds) / 60) * 7_000;
        }

        return used;
    }

    private long Pay(string app, long units) => applications[app].PayAsYouGo ? units : 0;

    /// <summary>Takes units from packages valid on the day, the application's before the account's, those that end first, that were bought first.</summary>
    private long Deduct(string app, long units, long[] left, long dayEnd)
    {
        foreach (int i in Enumerable.Range(0, holdings.Count).Where(i => !holdings[i].Refunded && (holdings[i].App is null || holdings[i].App == app))
            .Where(i => holdings[i].From < dayEnd && dayEnd <= holdings[i].To)
            .OrderBy(i => holdings[i].App is null).ThenBy(i => holdings[i].To).ThenBy(i => i))
        {
            long taken = Math.Min(units, left[i]);
            left[i] -= taken;
            units -= taken;
        }

        return units;
    }

    /// <summary>Looks at what is left at a second, and tells what is new.</summary>
    public void Look(long second)
    {
        // While nothing runs and nothing was told, the sum of yesterday's minutes is still the sum.
        bool moves = lessons.Exists(its => its.Users > 0 && its.Begin <= second && second <= its.End);
        long[] left = lastLeft is not null && !moves ? lastLeft : LiveLeft(second);
        lastLeft = left;
        for (int i = 0; i < left.Length; i++)
        {
            Look(holdings[i], left[i], second);
        }

        foreach ((string id, App app) in applications)
        {
            (bool isCovered, bool isUsedUp) = (false, true);
            foreach (Holding its in holdings)
            {
                if (its.IsValidAt(second) && (its.App is null || its.App == id))
                {
                    (isCovered, isUsedUp) = (true, isUsedUp && its.IsUsedUp);
                }
            }

            string? why = app.Monthly && !isCovered ? "package-expired" : !app.PayAsYouGo && isCovered && isUsedUp ? "package-exhausted" : null;
            Enter(id, app, why, second);
        }
    }

    private void Look(Holding its, long left, long second)
    {
        if (its.IsValidAt(second))
        {
            its.IsUsedUp = left == 0;
            its.Tell(alerts, second, (its.Quantity - left) * 100 >= its.Quantity * 80, "package.80-percent");
            its.Tell(alerts, second, left == 0, "package.used-up");
        }

        if (!its.Refunded)
        {
            its.Tell(alerts, second, second >= its.To - (7 * DaySeconds) && its.To - (7 * DaySeconds) >= its.BoughtAt, "package.ending");
            its.Tell(alerts, second, second >= its.To, "package.ended");
        }
    }

    private void Enter(string id, App app, string? why, long second)
    {
        if (why == app.Reason)
        {
            return;
        }

        // One that was created without the package that it needs is suspended, and restored, without a word.
        bool isQuiet = (app.Changes.Count == 0 && second == app.CreatedAt) || (app.IsQuiet && why is null);
        app.IsQuiet = isQuiet && why is not null;
        if (!isQuiet)
        {
            alerts.Add(new ExpectedAlert(second, why is null ? "application.restored" : "application.suspended", id, why ?? app.Reason!));
        }

        app.Reason = why;
        app.Changes.Add((second, why));
    }

    private sealed record Lesson(string App, string Id, long Begin, int Users)
    {
        public long End { get; set; }
    }

    private sealed class App
    {
        public long CreatedAt { get; init; }
        public bool Monthly { get; set; }
        public bool PayAsYouGo { get; set; }
        public string? Reason { get; set; }
        public bool IsQuiet { get; set; }
        public List<(long Second, string? Reason)> Changes { get; } = [];
    }

    private sealed class Holding
    {
        private readonly List<string> told = [];

        public required string Id { get; init; }
        public required string? App { get; init; }
        public required long BoughtAt { get; init; }
        public required long Quantity { get; init; }
        public required long Left { get; set; }
        public required long Price { get; init; }
        public required long From { get; init; }
        public required long To { get; init; }
        public bool Refunded { get; set; }
        public bool IsUsedUp { get; set; }

        public bool IsValidAt(long second) => !Refunded && From <= second && second < To;

        public void Tell(List<ExpectedAlert> alerts, long second, bool holds, string type)
        {
            if (holds && !told.Contains(type))
            {
                told.Add(type);
                alerts.Add(new ExpectedAlert(second, type, App, Id));
            }
        }
    }
}

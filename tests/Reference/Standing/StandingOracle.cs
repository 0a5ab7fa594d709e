namespace Minutebook.Reference.Standing;

/// <summary>
/// Section 7 and rule 5.6 by brute force: it walks through every minute, and through every second while a class runs, and asks at each
/// what the rules say. A recording costs 7.00 a thousand minutes, presence 10.00, both by the day and application, rounded up to minutes.
/// </summary>
public sealed class StandingOracle
{
    private const long DayMinutes = 1440;
    private const long East = 480;
    private const long CloseAfterMidnight = 120;
    private readonly Account account = new();
    private readonly PackageBook packages;
    private readonly Dictionary<long, long> billed = [];
    private readonly HashSet<(long Month, int Threshold)> reached = [];
    private long budget;
    private int[] thresholds = [];
    private long nextClose;

    public StandingOracle(long createdMinute, long limitMicros, int graceHours, int holdDays)
    {
        (account.Limit, account.GraceHours, account.HoldDays) = (limitMicros, graceHours, holdDays);
        packages = new PackageBook(Alerts, DayOf(createdMinute));
        Standings.Add(new ExpectedStanding(createdMinute, "good"));
        // Within two hours after midnight yesterday is still to be closed; it has no usage.
        nextClose = DayOf(createdMinute);
    }

    public List<ExpectedAlert> Alerts { get; } = [];

    public List<ExpectedStanding> Standings { get; } = [];

    public List<ExpectedAnswers> Answers { get; } = [];

    public long Balance => account.Balance;

    private static long DayOf(long minute) => (minute + East) / DayMinutes;

    /// <summary>Walks from the first fact to a minute, included.</summary>
    public void Walk(IReadOnlyList<Fact> facts, long until)
    {
        int next = 0;
        for (long minute = facts[0].Minute; minute <= until; minute++)
        {
            Fact? fact = next < facts.Count && facts[next].Minute == minute ? facts[next++] : null;
            if (fact is Fact.Paid paid && account.Standing != "released")
            {
                account.Balance += paid.Micros;
            }

            if (minute == ((nextClose + 1) * DayMinutes) - East + CloseAfterMidnight)
            {
                Close(minute);
            }

            Follow(minute);
            if (fact is not null and not Fact.Paid)
            {
                Take(fact);
                Follow(minute);
            }

            for (long second = (minute * 60) + 1; packages.Moves(minute * 60) && second < (minute + 1) * 60; second++)
            {
                packages.Look(second);
            }
        }
    }

    private void Follow(long minute)
    {
        account.Follow(minute, Standings, Alerts, packages.Applications);
        packages.Look(minute * 60);
    }

    private void Take(Fact fact)
    {
        if (account.Standing == "released" && fact is not (Fact.Began or Fact.Ended or Fact.Recorded or Fact.Asked))
        {
            return;
        }

        switch (fact)
        {
            case Fact.Changed its:
                account.Limit = its.LimitMicros ?? account.Limit;
                account.GraceHours = its.GraceHours ?? account.GraceHours;
                account.HoldDays = its.HoldDays ?? account.HoldDays;
                account.LegalHold = its.LegalHold ?? account.LegalHold;
                break;
            case Fact.Terminated when account.Standing != "terminated":
                account.Terminate(fact.Minute, Standings, Alerts);
                break;
            case Fact.Budget its:
                (budget, thresholds) = (its.Micros, its.Thresholds);
                reached.RemoveWhere(one => !IsReached(one.Month, one.Threshold));
                Tell(fact.Minute, MonthOf(nextClose));
                break;
            case Fact.Bought its:
                account.Balance -= packages.Buy(its);
                break;
            case Fact.Refunded its:
                account.Balance += packages.Refund(its);
                break;
            case Fact.Asked:
                Ask(fact.Minute);
                break;
            default:
                packages.Take(fact);
                break;
        }
    }

    private void Close(long minute)
    {
        if (packages.Close(nextClose, minute * 60) is { } micros)
        {
            long cents = (micros + 5_000) / 10_000;
            account.Balance -= cents * 10_000;
            Alerts.Add(new ExpectedAlert(minute * 60, "bill.issued", null, $"{cents / 100}.{cents % 100:00}"));
            long month = MonthOf(nextClose);
            billed[month] = billed.GetValueOrDefault(month) + (cents * 10_000);
            Tell(minute, month);
        }

        nextClose++;
    }

    private static long MonthOf(long day)
    {
        DateTime date = DateTime.UnixEpoch.AddDays(day);
        return (date.Year * 12) + date.Month - 1;
    }

    /// <summary>A bill or another budget is all that can make it tell something: of its month, and of months that are not closed yet.</summary>
    private void Tell(long minute, long from)
    {
        foreach (long month in billed.Keys.Where(month => month >= from).Order().TakeLast(2))
        {
            foreach (int threshold in thresholds)
            {
                bool isPassed = reached.Any(one => one.Month > month);
                if (!isPassed && IsReached(month, threshold) && reached.Add((month, threshold)))
                {
                    Alerts.Add(new ExpectedAlert(minute * 60, "budget.reached", null, $"{threshold} of {(month / 12):0000}-{(month % 12) + 1:00}"));
                }
            }
        }
    }

    private bool IsReached(long month, int threshold) => billed[month] * 100 >= budget * threshold;

    private void Ask(long minute)
    {
        foreach (string application in packages.Applications)
        {
            bool isFree = packages.WhySuspended(application) is null;
            Dictionary<string, bool> joins = packages.ClassesOf(application).ToDictionary(
                its => its.Id,
                its => account.Standing == "good" && isFree
                    || (account.Standing != "released" && its.Begin <= minute && minute < its.End
                        && StandingAt(its.Begin) == "good" && packages.WasFreeAt(application, its.Begin * 60)));
            Answers.Add(new ExpectedAnswers(
                minute, application, account.Standing == "good" && isFree, joins, account.Standing is "good" or "overdue" && isFree));
        }
    }

    private string StandingAt(long minute) => Standings.Last(change => change.Minute <= minute).Standing;

    /// <summary>The account by itself.</summary>
    private sealed class Account
    {
        private static readonly int[] Warnings = [30, 7, 1];
        private readonly HashSet<int> warned = [];
        private long overdueSince;
        private long held;

        public long Balance { get; set; }
        public long Limit { get; set; }
        public int GraceHours { get; set; }
        public int HoldDays { get; set; }
        public bool LegalHold { get; set; }
        public string Standing { get; private set; } = "good";

        private long counted;

        public void Terminate(long minute, List<ExpectedStanding> standings, List<ExpectedAlert> alerts) => Enter("terminated", minute, standings, alerts);

        public void Follow(long minute, List<ExpectedStanding> standings, List<ExpectedAlert> alerts, IReadOnlyCollection<string> applications)
        {
            // The clock of release is read once a minute, however often something happens in it.
            if (Standing is "suspended" or "terminated" && counted != minute && !wasHeld)
            {
                held += minute - counted;
            }

            (counted, wasHeld) = (minute, LegalHold);
            bool owes = Balance < -Limit;
            if (Standing == "good" && owes)
            {
                overdueSince = minute;
                Enter("overdue", minute, standings, alerts);
            }
            else if (Standing is "overdue" or "suspended" && !owes)
            {
                Enter("good", minute, standings, alerts);
            }

            if (Standing == "overdue" && minute - overdueSince >= GraceHours * 60L)
            {
                Enter("suspended", minute, standings, alerts);
            }

            if (Standing is "suspended" or "terminated" && !LegalHold)
            {
                Release(minute, standings, alerts, applications);
            }
        }

        private bool wasHeld;

        private void Release(long minute, List<ExpectedStanding> standings, List<ExpectedAlert> alerts, IReadOnlyCollection<string> applications)
        {
            long left = (HoldDays * DayMinutes) - held;
            if (left <= 0)
            {
                Enter("released", minute, standings, alerts);
                foreach (string application in applications)
                {
                    foreach (string resource in (string[])["recordings", "configuration", "application"])
                    {
                        alerts.Add(new ExpectedAlert(minute * 60, "release.requested", application, resource));
                    }
                }

                return;
            }

            foreach (int days in Warnings)
            {
                if (left <= days * DayMinutes && days <= HoldDays && warned.Add(days))
                {
                    alerts.Add(new ExpectedAlert(minute * 60, "account.release-coming", null, $"{days}"));
                }
            }
        }

        private void Enter(string standing, long minute, List<ExpectedStanding> standings, List<ExpectedAlert> alerts)
        {
            if (standing is "suspended" or "terminated")
            {
                warned.Clear();
                (held, counted, wasHeld) = (0, minute, LegalHold);
            }

            Standing = standing;
            standings.Add(new ExpectedStanding(minute, standing));
            alerts.Add(new ExpectedAlert(minute * 60, standing == "good" ? "account.restored" : $"account.{standing}", null, ""));
        }
    }
}

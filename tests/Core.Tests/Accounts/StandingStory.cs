using Minutebook.Reference.Standing;

namespace Minutebook.Core.Tests.Accounts;

/// <summary>A random history of one account, from a seed.</summary>
internal sealed class StandingStory
{
    private readonly Random chance;
    private readonly List<Fact> facts = [];
    private readonly List<(string App, string Class)> running = [];
    private readonly Dictionary<string, (bool Monthly, bool PayAsYouGo)> applications = [];
    private long minute;
    private int classes;
    private int packages;

    public StandingStory(int seed)
    {
        Seed = seed;
        chance = new Random(seed);
        minute = Created = (long)(new DateTime(2027, 1, 5) - DateTime.UnixEpoch).TotalMinutes + chance.Next(1440);
        // Some begin with a purchase that brings the balance to the limit and not beyond it.
        Sold? first = chance.Next(5) == 0 ? Of(Sold.All) : null;
        Limit = first?.PriceMicros ?? Of<long>(0, 0, 1_000_000, 5_000_000);
        GraceHours = Of(0, 1, 24, 24, 48);
        HoldDays = Of(0, 1, 5, 7, 8, 30, 31, 60);
        PutApplication("a");
        if (first is not null)
        {
            minute += chance.Next(1, 60);
            Buy(first);
        }

        for (int i = 0, count = chance.Next(10, 45); i < count; i++)
        {
            Wait();
            Step();
        }

        while (running.Count > 0)
        {
            minute++;
            End();
        }

        Until = minute + chance.Next(1, 100 * 1440);
    }

    public int Seed { get; }
    public long Created { get; }
    public long Limit { get; }
    public int GraceHours { get; }
    public int HoldDays { get; }
    public long Until { get; }
    public IReadOnlyList<Fact> Facts => facts;

    private T Of<T>(params T[] choices) => choices[chance.Next(choices.Length)];

    private void Wait()
    {
        if (running.Count > 0)
        {
            // Every second of a class with packages is looked at: classes are short here, but for the one that nobody ends.
            minute += chance.Next(1, 30);
            if (chance.Next(4) > 0)
            {
                End();
                minute += chance.Next(1, 30);
            }

            return;
        }

        minute += chance.Next(10) switch
        {
            < 4 => chance.Next(1, 40),
            < 7 => chance.Next(1, 6 * 60),
            < 9 => chance.Next(1, 3 * 1440),
            _ => chance.Next(1, 28 * 1440),
        };
        if (chance.Next(8) == 0)
        {
            // To the minute of a close (18:00Z), or of local midnight (16:00Z).
            minute += 1440 - (minute % 1440) + Of(1080L, 960L);
        }
    }

    private void Step()
    {
        switch (chance.Next(24))
        {
            case < 4:
                facts.Add(new Fact.Recorded(minute, AnApplication(), chance.Next(1, 1500)));
                break;
            case < 7:
                facts.Add(new Fact.Paid(minute, Of(100_000L, 700_000L, 2_500_000L, 5_000_000L, 20_000_000L)));
                break;
            case < 10:
                Begin();
                break;
            case < 12 when running.Count > 0:
                End();
                break;
            case < 15:
                Buy(Of(Sold.All));
                break;
            case 15 when packages > 0:
                facts.Add(new Fact.Refunded(minute, chance.Next(packages)));
                break;
            case < 18:
                PutApplication(Of("a", "a", "b"));
                break;
            case < 20:
                facts.Add(new Fact.Changed(
                    minute, chance.Next(3) == 0 ? Of(0L, 2_000_000L, 9_990_000L) : null, chance.Next(3) == 0 ? Of(0, 2, 24, 72) : null,
                    chance.Next(3) == 0 ? Of(0, 2, 8, 35, 60) : null, chance.Next(3) == 0 ? chance.Next(2) == 0 : null));
                break;
            case 20 when chance.Next(4) == 0:
                facts.Add(new Fact.Terminated(minute));
                break;
            case 21:
                facts.Add(new Fact.Budget(minute, Of(1_000_000L, 4_000_000L, 10_000_000L), Of<int[]>([50, 80, 100], [10], [1, 100, 200])));
                break;
            case 22 when running.Count == 0:
                PayAtTheClose();
                break;
            default:
                facts.Add(new Fact.Asked(minute));
                break;
        }
    }

    /// <summary>A payment at the very instant of the close that bills what was recorded: it comes first (rule 7.2).</summary>
    private void PayAtTheClose()
    {
        const int LocalMidnight = 960;
        facts.Add(new Fact.Recorded(minute, AnApplication(), chance.Next(100, 1500)));
        minute = ((((minute - LocalMidnight) / 1440) + 1) * 1440) + LocalMidnight + 120;
        facts.Add(new Fact.Paid(minute, Of(700_000L, 5_000_000L, 20_000_000L)));
    }

    private void End()
    {
        (string app, string @class) = running[0];
        running.RemoveAt(0);
        facts.Add(new Fact.Ended(minute, app, @class));
    }

    private void Begin()
    {
        string application = AnApplication();
        string @class = $"class {++classes}";
        bool isForgotten = chance.Next(8) == 0;
        facts.Add(new Fact.Began(minute, application, @class, isForgotten ? 0 : chance.Next(1, 4)));
        if (!isForgotten)
        {
            running.Add((application, @class));
        }

        if (chance.Next(3) == 0)
        {
            // Who may join it depends on when it began, too.
            minute += chance.Next(1, 10);
            facts.Add(new Fact.Asked(minute));
        }
    }

    private void Buy(Sold sold)
    {
        packages++;
        facts.Add(new Fact.Bought(minute, sold.Sku, sold.OfAccount ? null : AnApplication()));
    }

    private void PutApplication(string id)
    {
        applications[id] = (chance.Next(3) == 0, chance.Next(2) == 0);
        facts.Add(new Fact.Application(minute, id, applications[id].Monthly, applications[id].PayAsYouGo));
    }

    private string AnApplication() => applications.Keys.ElementAt(chance.Next(applications.Count));
}

using NodaTime.Text;

namespace Minutebook.Reference.Workloads;

/// <summary>Something that is done to the product, at its instant. No two steps have the same one.</summary>
public abstract record Step(long AtMs)
{
    /// <summary>An application's settings are made; the first ones create it.</summary>
    public sealed record Settings(long AtMs, string Application, ReferenceSettings Made) : Step(AtMs);

    /// <summary>A section is said to belong somewhere.</summary>
    public sealed record Section(long AtMs, SectionAt Made) : Step(AtMs);

    /// <summary>Events arrive, in one request or several, in this order.</summary>
    public sealed record Batch(long AtMs, IReadOnlyList<ReferenceEvent> Events) : Step(AtMs);

    /// <summary>The command to try again what was kept and not applied.</summary>
    public sealed record Reapply(long AtMs) : Step(AtMs);
}

/// <summary>A random history, the same for the same options; a failure that it finds must print <see cref="ToString"/>.</summary>
public sealed class Workload
{
    private Workload(WorkloadOptions options, ReferenceAccount account, IReadOnlyList<Step> steps)
    {
        (Options, Account, Steps) = (options, account, steps);
        History = new ReferenceHistory(
            account,
            [.. steps.OfType<Step.Settings>().GroupBy(s => s.Application)
                .Select(g => new ReferenceApplication(g.Key, [.. g.Select(s => new SettingsAt(s.AtMs, s.Made))]))],
            [.. steps.OfType<Step.Section>().Select(s => s.Made)],
            [.. steps.SelectMany(ArrivalsOf)]);
    }

    public WorkloadOptions Options { get; }

    public ReferenceAccount Account { get; }

    /// <summary>All that is done, in order of time.</summary>
    public IReadOnlyList<Step> Steps { get; }

    /// <summary>The same, as the reference takes it.</summary>
    public ReferenceHistory History { get; }

    /// <summary>An instant after the last step, when nothing is running or ahead of its time any more.</summary>
    public long EndMs => Steps[^1].AtMs + (26 * Hour);

    internal const long Second = 1000;
    internal const long Minute = 60 * Second;
    internal const long Hour = 60 * Minute;
    internal const long Day = 24 * Hour;

    public static Workload Of(int seed) => Of(new WorkloadOptions { Seed = seed });

    public static Workload Of(WorkloadOptions options)
    {
        var chance = new Chance(options.Seed);
        (string zone, string start) = chance.Of(Places.All.Where(p => options.TimeZone is null || p.Zone == options.TimeZone).ToList());
        long startMs = options.StartMs ?? InstantPattern.General.Parse(start).Value.ToUnixTimeMilliseconds();
        long endMs = startMs + (options.Days * Day);
        long since = chance.Between(startMs - Day, endMs + Day);
        string? categorizedSince = chance.Happens(500) ? LocalDatePattern.Iso.Format(new Grid(zone).DateOf(since / 1000)) : null;
        var account = new ReferenceAccount(zone, options.LateDays, chance.Of<long>([310_000_000, 325_058_560, 7]), categorizedSince);

        var script = new Script(options, chance, startMs, endMs);
        var delivery = new DeliveryOfEvents(options, chance, startMs, endMs, script);
        return new Workload(options, account, [.. script.Steps.Concat(delivery.Steps()).OrderBy(s => s.AtMs)]);
    }

    /// <summary>The seed, and what else is needed to make it again.</summary>
    public override string ToString() => $"workload {Options} in {Account.TimeZone}";

    private static IEnumerable<Arrival> ArrivalsOf(Step step) => step switch
    {
        Step.Batch batch => batch.Events.Select(e => new Arrival(batch.AtMs, e)),
        Step.Reapply => [new Arrival(step.AtMs, null)],
        _ => [],
    };
}

/// <summary>Seeded chance.</summary>
internal sealed class Chance(int seed)
{
    private readonly Random random = new(seed);

    public bool Happens(int ofThousand) => random.Next(1000) < ofThousand;

    /// <summary>From low to high, both included.</summary>
    public long Between(long low, long high) => random.NextInt64(low, high + 1);

    public T Of<T>(IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    public List<T> Shuffled<T>(IEnumerable<T> items)
    {
        T[] all = [.. items];
        random.Shuffle(all);
        return [.. all];
    }
}

using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>
/// All identities that an account's book has taken (rule 1.3), however many. The newest are in memory with their places; when there are
/// so many they are sealed into a <see cref="IdentityRun"/>, whose entries the store keeps. What a run may hold has to be learned, from
/// the page that the run names, before it is asked for. Nothing is ever taken out.
/// </summary>
internal sealed class Identities
{
    private const int MostLearned = 1 << 18;
    private const int FirstFiltered = 1 << 14;
    private const int ManyFiltered = 1 << 20;
    private readonly List<Generation> generations = [new(0, new IdentityMap())];
    private readonly List<IdentityRun> runs = [];
    private readonly List<IdentityFilter> filters = [];
    private readonly HashSet<UInt128> awaited = [];
    private IdentityMap learned = new();
    private IdentityMap? spare;
    private int handed;

    /// <summary>The identities of a run; sealed, what will take their place when it is stored.</summary>
    private readonly record struct Generation(int Run, IdentityMap Map, IdentityRun? Sealed = null);

    public bool HasRuns => runs.Count > 0;
    public IReadOnlyList<IdentityRun> Runs => runs;

    /// <summary>The place of an identity; <see cref="Place.Awaited"/> if it was voided before it came (rule 1.6).</summary>
    public Place Find(UInt128 identity, out bool known)
    {
        foreach (Generation generation in generations)
        {
            Place place = generation.Map.Find(identity, out known);
            if (known)
            {
                return place;
            }
        }

        if (learned.Count > 0 && learned.Find(identity, out known) is var there && known)
        {
            return there;
        }

        known = IsAwaited(identity);
        return known ? Place.Awaited : default;
    }

    /// <summary>Whether an identity was voided before it came.</summary>
    public bool IsAwaited(UInt128 identity) => awaited.Count > 0 && awaited.Contains(identity);

    public void Set(UInt128 identity, Place place) => generations[0].Map.Set(identity, place);

    /// <summary>Where an identity stands among the newest, or would stand; good until the next is set.</summary>
    public int PlaceFor(UInt128 identity) => generations[0].Map.PlaceFor(identity);

    /// <summary>What stands there.</summary>
    public Place At(int at) => generations[0].Map.At(at);

    /// <summary>Puts an identity where <see cref="PlaceFor"/> said.</summary>
    public void SetAt(int at, UInt128 identity, Place place) => generations[0].Map.SetAt(at, identity, place);

    /// <summary>The run that the newest will be sealed into.</summary>
    public int NewestRun => generations[0].Run;

    /// <summary>A void came before its event.</summary>
    public void Await(UInt128 identity) => awaited.Add(identity);

    /// <summary>True if it was awaited.</summary>
    public bool Arrived(UInt128 identity) => awaited.Count > 0 && awaited.Remove(identity);

    /// <summary>Reads where identities would be, so that they are near when they are looked for one by one.</summary>
    public ulong Approach(EventBatch batch, ReadOnlySpan<int> rows)
    {
        ulong seen = 0;
        foreach (Generation generation in generations)
        {
            seen ^= generation.Map.Approach(batch, rows);
        }

        return seen;
    }

    /// <summary>Names where in the runs identities may stand that memory does not know.</summary>
    /// <returns>Nothing of meaning; it keeps reads ahead from being left out.</returns>
    public ulong Doubt(ReadOnlySpan<UInt128> unknown, ICollection<DoubtfulIdentity> doubtful)
    {
        Span<bool> possible = stackalloc bool[unknown.Length];
        Span<ulong> keys = stackalloc ulong[unknown.Length];
        Span<ulong> first = stackalloc ulong[unknown.Length];
        Span<ulong> second = stackalloc ulong[unknown.Length];
        for (int i = 0; i < unknown.Length; i++)
        {
            keys[i] = IdentityRun.KeyOf(unknown[i]);
            (first[i], second[i]) = (IdentityFilter.FirstBits(keys[i]), IdentityFilter.SecondBits(keys[i]));
        }

        foreach (IdentityFilter filter in filters)
        {
            filter.Find(keys, first, second, possible);
        }

        Span<UInt128> asked = stackalloc UInt128[unknown.Length];
        int count = 0;
        for (int i = 0; i < unknown.Length; i++)
        {
            if (possible[i])
            {
                asked[count++] = unknown[i];
            }
        }

        if (count == 0)
        {
            return 0;
        }

        int seen = 0;
        foreach (IdentityRun run in runs)
        {
            seen ^= run.Find(asked[..count], doubtful);
        }

        return (ulong)seen;
    }

    /// <summary>The filter for so many more. They come in order: shared among several, each would get all of it in one part.</summary>
    private IdentityFilter FilterFor(int count)
    {
        if (filters.Count == 0 || filters[^1].Left < count)
        {
            int before = filters.Count == 0 ? 0 : filters[^1].Capacity;
            int needed = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(FirstFiltered, count));
            filters.Add(new IdentityFilter(Math.Max(needed, before * (before < ManyFiltered ? 4 : 2))));
        }

        return filters[^1];
    }

    /// <summary>Takes in what a page was found to hold.</summary>
    public void Learn(int page, IReadOnlyList<UInt128> its)
    {
        for (int i = 0; i < its.Count; i++)
        {
            learned.Set(its[i], new Place(page, i));
        }
    }

    /// <summary>Forgets what was learned when that has become much.</summary>
    public void Unlearn()
    {
        if (learned.Count > MostLearned)
        {
            learned = new IdentityMap();
        }
    }

    /// <summary>Seals the newest identities; they stay in memory until <see cref="Stored"/>.</summary>
    /// <returns>The run's blocks, and how many entries they have.</returns>
    public (List<byte[]> Blocks, int Entries) Seal(int run)
    {
        List<byte[]> blocks = [];
        IdentityMap sealing = generations[0].Map;
        generations[0] = new Generation(run, sealing, sealing.ToRun(run, blocks));
        generations.Insert(0, new Generation(run + 1, spare ?? new IdentityMap()));
        spare = null;
        return (blocks, sealing.Count);
    }

    /// <summary>What has been sealed is handed over to be stored.</summary>
    public void HandOver() => handed = generations[0].Run;

    /// <summary>What was handed over is stored: runs take the place of what memory had of it.</summary>
    public void Stored()
    {
        while (generations[^1].Run < handed)
        {
            runs.Add(generations[^1].Sealed!);
            generations[^1].Map.ForEach(FilterFor(generations[^1].Map.Count).Add);
            spare = generations[^1].Map;
            spare.Clear();
            generations.RemoveAt(generations.Count - 1);
        }
    }

    /// <summary>The run that is filled now, when a book is restored.</summary>
    public void RestoreAt(int run)
    {
        generations[0] = new Generation(run, generations[0].Map);
        handed = run;
    }

    public void Restore(IdentityRun run, IEnumerable<ulong> keys)
    {
        IdentityFilter filter = FilterFor(run.Count);
        foreach (ulong key in keys)
        {
            run.Add(key);
            filter.Add(key);
        }

        runs.Add(run);
    }

    /// <summary>Puts a merged run in the place of those that it was merged from.</summary>
    public void Replace(IdentityRun merged)
    {
        runs.RemoveAll(run => run.Level == merged.Level - 1 && run.Number / IdentityRun.Fan == merged.Number);
        runs.Add(merged);
    }

    /// <summary>A level's runs that can be merged: all of the next run.</summary>
    public (int Level, int Number)? Mergeable(int mostLevel)
    {
        foreach (IGrouping<(int Level, int Number), IdentityRun> group in runs.GroupBy(run => (run.Level + 1, run.Number / IdentityRun.Fan)))
        {
            if (group.Key.Item1 <= mostLevel && group.Count() == IdentityRun.Fan)
            {
                return group.Key;
            }
        }

        return null;
    }
}

/// <summary>An identity that a run may hold: its page has to be learned before events are applied.</summary>
/// <param name="Identity">The identity.</param>
/// <param name="Run">The run.</param>
/// <param name="First">The first entry to look at.</param>
/// <param name="Count">How many entries.</param>
public readonly record struct DoubtfulIdentity(UInt128 Identity, IdentityRun Run, int First, int Count);

using Minutebook.Core.Events;
using Minutebook.Core.Metering;

namespace Minutebook.Core;

public sealed partial class Book
{
    /// <summary>After so many events the identities of the newest are sealed into a run that the store keeps.</summary>
    public const int RunEvents = 1 << 18;

    private readonly int runEvents;
    private readonly List<UInt128> read = [];
    private EventBatch? looked;
    private int lookedRun;
    /// <summary>Of the batch that was looked at last, the events that no run and no page in memory had.</summary>
    private bool[] isNew = [];

    /// <summary>The run that is filled now: as many are sealed.</summary>
    public int Run => (int)(State.Counters.Events / runEvents);

    /// <summary>Whether any run is sealed.</summary>
    public bool HasRuns => identities.HasRuns;

    /// <summary>What is known of the sealed runs.</summary>
    public IReadOnlyList<IdentityRun> Runs => identities.Runs;

    /// <summary>Takes in the identities of a page that a run named for a doubtful one (<see cref="FindMissing(EventBatch, ReadOnlySpan{int}, ICollection{MissingPage}, ICollection{DoubtfulIdentity})"/>).</summary>
    /// <param name="row">The page.</param>
    /// <param name="chunks">Its chunks, in order.</param>
    public void Learn(PageRow row, IReadOnlyList<byte[]> chunks)
    {
        identities.Learn(row.Page, IdentitiesOf(chunks));
        Load(row, chunks);
    }

    /// <summary>Whether memory knows an identity by now.</summary>
    public bool Knows(in DoubtfulIdentity doubtful)
    {
        identities.Find(doubtful.Identity, out bool known);
        return known;
    }

    /// <summary>Restores a sealed run.</summary>
    /// <param name="run">The run, without entries yet.</param>
    /// <param name="keys">The keys of its entries, in order (<see cref="IdentityRun.KeyOf(UInt128)"/>).</param>
    public void Restore(IdentityRun run, IEnumerable<ulong> keys) => identities.Restore(run, keys);

    /// <summary>Restores an identity that was voided before it came.</summary>
    public void Restore(in AwaitedRow row) => identities.Await(row.Identity);

    /// <summary>Restores the identities of a page whose last event is in the run that is filled now.</summary>
    /// <param name="page">The page's number.</param>
    /// <param name="chunks">Its chunks, in order.</param>
    public void RestoreIdentities(int page, IReadOnlyList<byte[]> chunks)
    {
        List<UInt128> its = IdentitiesOf(chunks);
        for (int i = 0; i < its.Count; i++)
        {
            identities.Set(its[i], new Place(page, i));
        }
    }

    /// <summary>The run that can be merged now, of those below it; null for none.</summary>
    public (int Level, int Number)? Mergeable(int mostLevel) => identities.Mergeable(mostLevel);

    /// <summary>Puts a merged run, which is stored, in the place of those below it.</summary>
    public void Replace(IdentityRun merged) => identities.Replace(merged);

    /// <summary>Begins to look for a batch's identities.</summary>
    private void Look(EventBatch batch)
    {
        (looked, lookedRun) = (batch, identities.NewestRun);
        if (isNew.Length < batch.Count)
        {
            isNew = new bool[batch.Count];
        }
    }

    /// <summary>Where an event's identity is. One that was new before its batch can only have come with the batch itself.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="index">Which of its events.</param>
    /// <param name="at">Where it stands among the newest, or would stand, for <see cref="Identify"/>.</param>
    /// <param name="known">Whether it is known.</param>
    private Place Find(EventBatch batch, int index, out int at, out bool known)
    {
        UInt128 identity = batch[index].Identity;
        at = identities.PlaceFor(identity);
        if (!ReferenceEquals(batch, looked) || !isNew[index] || lookedRun != identities.NewestRun)
        {
            return identities.Find(identity, out known);
        }

        Place place = identities.At(at);
        known = place.Page != 0 || identities.IsAwaited(identity);
        return place.Page != 0 || !known ? place : Place.Awaited;
    }

    private void Identify(int at, UInt128 identity, Page page, int index)
    {
        identities.SetAt(at, identity, new Place(page.Number, index));
        page.Run = (int)((State.Counters.Events - 1) / runEvents);
        if (identities.Arrived(identity))
        {
            pending.Awaited.Add(new AwaitedRow(State.Id, identity, IsOver: true));
        }

        if (State.Counters.Events % runEvents == 0)
        {
            Seal(page.Run);
        }
    }

    private void Seal(int run)
    {
        (List<byte[]> blocks, int entries) = identities.Seal(run);
        for (int block = 0; block < blocks.Count; block++)
        {
            pending.Runs.Add(new RunRow(State.Id, 0, run, block, blocks[block]));
        }

        pending.Runs.Add(RunRow.Head(State.Id, 0, run, entries));
    }

    private List<UInt128> IdentitiesOf(IReadOnlyList<byte[]> chunks)
    {
        read.Clear();
        Page.Of(chunks, identities: read, memory: memory).Release();
        return read;
    }
}

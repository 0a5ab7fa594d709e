using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>An event as it stands in the journal.</summary>
/// <param name="Time">When it happened, ms.</param>
/// <param name="ReceivedAt">When it was made durable, ms.</param>
/// <param name="Source">CloudEvents source.</param>
/// <param name="Id">CloudEvents id.</param>
/// <param name="User">The user that it tells of, or null.</param>
/// <param name="Json">All of it, as <c>minutebook journal export</c> prints it.</param>
public sealed record TracedEvent(long Time, long ReceivedAt, string Source, string Id, string? User, byte[] Json);

/// <summary>
/// Finds events in the journal again: which had come, what was voided since, and what they said. A day can have a million of them: of each
/// it knows in memory only where it is.
/// </summary>
public sealed class Trail
{
    private const long Ahead = 5 * 60_000;
    private readonly Store.Store store;
    private readonly AccountState account;
    private readonly IReadOnlySet<UInt128> wanted;
    private readonly long until;
    private readonly long hastened;
    private readonly Dictionary<UInt128, long> places = [];
    /// <summary>Events whose first content stands elsewhere than where they were applied.</summary>
    private readonly Dictionary<UInt128, TracedEvent> first = [];
    private readonly HashSet<UInt128> voided = [];
    private readonly Dictionary<UInt128, EventBatch> waiting = [];
    private readonly EventReader reader = new();

    private Trail(Store.Store store, AccountState account, IReadOnlySet<UInt128> wanted, long until)
    {
        (this.store, this.account, this.wanted, this.until) = (store, account, wanted, until);
        // What closes by a shorter delay has what came before it at that very instant; else what comes at the instant of a close is behind it.
        hastened = account.HastenedCloses.Find(close => close.At == until)?.Position ?? -1;
    }

    /// <summary>Looks for events of an account in the part of the journal that was written in [from, until).</summary>
    /// <param name="store">The store.</param>
    /// <param name="account">The account, as it is now.</param>
    /// <param name="wanted">The identities of the events.</param>
    /// <param name="from">When the first of them happened, in ms; none can have come more than five minutes before that.</param>
    /// <param name="until">An instant, in ms: what came at it or later is left out.</param>
    public static Trail Of(Store.Store store, AccountState account, IReadOnlySet<UInt128> wanted, long from, long until)
    {
        var trail = new Trail(store, account, wanted, until);
        foreach ((JournalGroup group, EventBatch? batch, Command.AdoptKept? adopt) in trail.Groups(store.PositionBefore(store.ShardOf(account.Id), from - Ahead)))
        {
            if (batch is not null)
            {
                trail.Take(batch, group);
            }
            else if (adopt is not null)
            {
                trail.Take(adopt);
            }
        }

        return trail;
    }

    /// <summary>
    /// The classes of which something came before an instant that happened in [from, to), or that a leave's <c>joinedAt</c> says to have begun
    /// there: also those of which everything was voided since.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="account">The account, as it is now.</param>
    /// <param name="from">In ms; nothing that is looked for happened before.</param>
    /// <param name="to">In ms.</param>
    /// <param name="until">In ms; what came at it or later is left out.</param>
    public static IReadOnlySet<(string Application, string Class)> ClassesOf(Store.Store store, AccountState account, long from, long to, long until)
    {
        var trail = new Trail(store, account, new HashSet<UInt128>(), until);
        HashSet<(string, string)> classes = [];
        HashSet<(int, int)> known = [];
        foreach ((_, EventBatch? batch, Command.AdoptKept? adopt) in trail.Groups(store.PositionBefore(store.ShardOf(account.Id), from - Ahead)))
        {
            if (batch is not null)
            {
                Note(batch);
            }

            foreach (KeptBefore its in adopt?.Events ?? [])
            {
                if (trail.reader.ReadBack(System.Text.Encoding.UTF8.GetBytes(its.Event)) is { } one)
                {
                    Note(one);
                }
            }
        }

        return classes;

        void Note(EventBatch batch)
        {
            known.Clear();
            for (int i = 0; i < batch.Count; i++)
            {
                ref EventRow row = ref batch[i];
                long began = row.Kind == EventKind.ParticipantLeft && row.Quantity != EventRow.NoQuantity ? Math.Min(row.Quantity, row.Time) : row.Time;
                if (row.Kind <= EventKind.ScreenshotCaptured && row.Subject >= 0 && row.Time >= from && began < to && known.Add((row.Application, row.Subject)))
                {
                    classes.Add((batch.String(row.Application)!, batch.String(row.Subject)!));
                }
            }
        }
    }

    /// <summary>Whether an event had come by then, and was not voided.</summary>
    public bool Counts(UInt128 identity) => places.ContainsKey(identity) && !voided.Contains(identity);

    /// <summary>Some of the events that had come by then, in the order of the journal.</summary>
    public IEnumerable<TracedEvent> Events(IEnumerable<UInt128> some)
    {
        var rest = new Dictionary<UInt128, long>();
        foreach (UInt128 identity in some)
        {
            if (first.TryGetValue(identity, out TracedEvent? known))
            {
                yield return known;
            }
            else if (places.TryGetValue(identity, out long place))
            {
                rest[identity] = place;
            }
        }

        long last = rest.Values.DefaultIfEmpty().Max();
        foreach ((JournalGroup group, EventBatch? batch, _) in rest.Count == 0 ? [] : Groups(rest.Values.Min() - 1))
        {
            if (group.Position > last)
            {
                yield break;
            }

            for (int i = 0; i < batch?.Count; i++)
            {
                UInt128 identity = batch[i].Identity;
                if (rest.TryGetValue(identity, out long place) && place == group.Position && Book.WasApplied(account, batch, i, group.Time, group.Position))
                {
                    rest.Remove(identity);
                    yield return Traced(batch, i, group.Time);
                }
            }
        }
    }

    /// <summary>The account's entries after a position, group by group; a batch is only good until the next.</summary>
    private IEnumerable<(JournalGroup Group, EventBatch? Batch, Command.AdoptKept? Adopt)> Groups(long after)
    {
        int shard = store.ShardOf(account.Id);
        var decoder = new EventDecoder();
        var batch = new EventBatch();
        foreach (JournalGroup group in store.ReadJournal(shard, after))
        {
            if (group.Time > until || (group.Time == until && group.Position > hastened))
            {
                yield break;
            }

            foreach ((EntryKind kind, ReadOnlyMemory<byte> content) in Entry.Of(group.Data))
            {
                if (group.Position == hastened && IsHastening(kind, content))
                {
                    yield break;
                }

                if (kind == EntryKind.Events && Entry.ReadEvents(content) is (var its, _, var piece) && its == account.Id)
                {
                    batch.Clear();
                    if (!decoder.TryDecode(piece.Span, batch))
                    {
                        throw new FormatException($"Group {group.Position} of shard {shard} has events that cannot be read.");
                    }

                    yield return (group, batch, null);
                }
                else if (kind == EntryKind.Command && Entry.ReadCommand(content) is Command.AdoptKept adopt && adopt.Account == account.Id)
                {
                    yield return (group, null, adopt);
                }
            }
        }
    }

    private bool IsHastening(EntryKind kind, ReadOnlyMemory<byte> content) =>
        kind == EntryKind.Command && Entry.ReadCommand(content) is Command.PutAccount { SettleDelayMinutes: not null } put && put.Account == account.Id;

    private void Take(EventBatch batch, in JournalGroup group)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            ref EventRow row = ref batch[i];
            if (row.Kind == EventKind.EventVoided)
            {
                // A close takes what is due at its instant first.
                if (row.Time <= until && Book.WasApplied(account, batch, i, group.Time, group.Position) && batch.IdentityOf(row.A, row.B) is var target && wanted.Contains(target))
                {
                    voided.Add(target);
                }
            }
            else if (wanted.Contains(row.Identity) && !places.ContainsKey(row.Identity))
            {
                Try(batch, i, group);
            }
        }
    }

    /// <summary>The first to arrive counts, also when it was kept and something else of its name came after (rule 1.3).</summary>
    private void Try(EventBatch batch, int index, in JournalGroup group)
    {
        UInt128 identity = batch[index].Identity;
        bool wasKept = waiting.TryGetValue(identity, out EventBatch? kept);
        if (Book.WasApplied(account, kept ?? batch, wasKept ? 0 : index, group.Time, group.Position))
        {
            places[identity] = group.Position;
            if (wasKept)
            {
                first[identity] = Traced(kept!, 0, group.Time);
                waiting.Remove(identity);
            }
        }
        else if (!wasKept && reader.ReadBack(Book.JsonOf(batch, index)) is { } its)
        {
            waiting[identity] = its;
        }
    }

    private void Take(Command.AdoptKept adopt)
    {
        foreach (KeptBefore its in adopt.Events)
        {
            if (reader.ReadBack(System.Text.Encoding.UTF8.GetBytes(its.Event)) is { } one && wanted.Contains(one[0].Identity) && !places.ContainsKey(one[0].Identity))
            {
                waiting.TryAdd(one[0].Identity, one);
            }
        }
    }

    private static TracedEvent Traced(EventBatch batch, int index, long at)
    {
        ref EventRow row = ref batch[index];
        return new TracedEvent(row.Time, at, batch.String(row.Source)!, batch.String(row.Id)!, batch.String(row.User), Book.JsonOf(batch, index));
    }
}

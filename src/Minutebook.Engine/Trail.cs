using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>An event as it stands in the journal.</summary>
/// <param name="Identity">Who it is.</param>
/// <param name="Time">When it happened, ms.</param>
/// <param name="ReceivedAt">When it was made durable, ms.</param>
/// <param name="Source">CloudEvents source.</param>
/// <param name="Id">CloudEvents id.</param>
/// <param name="User">The user that it tells of, or null.</param>
/// <param name="Json">All of it, as <c>minutebook journal export</c> prints it.</param>
public sealed record TracedEvent(UInt128 Identity, long Time, long ReceivedAt, string Source, string Id, string? User, byte[] Json);

/// <summary>Finds events in the journal again: what they said, when they came, and what was voided since.</summary>
public sealed class Trail
{
    private const long Ahead = 5 * 60_000;
    private readonly Dictionary<UInt128, TracedEvent> events = [];
    private readonly HashSet<UInt128> voided = [];
    private readonly Dictionary<UInt128, EventBatch> waiting = [];
    private readonly EventReader reader = new();

    private Trail()
    {
    }

    /// <summary>Looks for events of an account in the part of the journal that was written in [from, until).</summary>
    /// <param name="store">The store.</param>
    /// <param name="account">The account, as it is now.</param>
    /// <param name="wanted">The identities of the events.</param>
    /// <param name="from">When the first of them happened, in ms; none can have come more than five minutes before that.</param>
    /// <param name="until">An instant, in ms: what came at it or later is left out.</param>
    public static Trail Of(Store.Store store, AccountState account, IReadOnlySet<UInt128> wanted, long from, long until)
    {
        var trail = new Trail();
        int shard = store.ShardOf(account.Id);
        var decoder = new EventDecoder();
        var batch = new EventBatch();
        foreach (JournalGroup group in store.ReadJournal(shard, store.PositionBefore(shard, from - Ahead)))
        {
            if (group.Time >= until)
            {
                break;
            }

            ReadOnlyMemory<byte> rest = group.Data;
            while (rest.Length > 0)
            {
                (EntryKind kind, ReadOnlyMemory<byte> content) = Entry.Next(ref rest);
                if (kind == EntryKind.Events && Entry.ReadEvents(content) is (var its, _, var piece) && its == account.Id)
                {
                    batch.Clear();
                    if (!decoder.TryDecode(piece.Span, batch))
                    {
                        throw new FormatException($"Group {group.Position} of shard {shard} has events that cannot be read.");
                    }

                    trail.Take(account, batch, wanted, group.Time, until);
                }
                else if (kind == EntryKind.Command && Entry.ReadCommand(content) is Command.AdoptKept adopt && adopt.Account == account.Id)
                {
                    trail.Take(adopt, wanted);
                }
            }
        }

        return trail;
    }

    /// <summary>Whether an event had come by then, and was not voided.</summary>
    public bool Counts(UInt128 identity) => events.ContainsKey(identity) && !voided.Contains(identity);

    /// <summary>The event; null when it had not come by then.</summary>
    public TracedEvent? Find(UInt128 identity) => events.GetValueOrDefault(identity);

    private void Take(AccountState account, EventBatch batch, IReadOnlySet<UInt128> wanted, long at, long until)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            ref EventRow row = ref batch[i];
            if (row.Kind == EventKind.EventVoided)
            {
                if (row.Time < until && Book.WasApplied(account, batch, i, at) && batch.IdentityOf(row.A, row.B) is var target && wanted.Contains(target))
                {
                    voided.Add(target);
                }
            }
            else if (wanted.Contains(row.Identity) && !events.ContainsKey(row.Identity))
            {
                Try(account, batch, i, at);
            }
        }
    }

    /// <summary>The first to arrive counts, also when it was kept and something else of its name came after (rule 1.3).</summary>
    private void Try(AccountState account, EventBatch batch, int index, long at)
    {
        UInt128 identity = batch[index].Identity;
        (EventBatch its, int place) = waiting.TryGetValue(identity, out EventBatch? first) ? (first, 0) : (batch, index);
        if (Book.WasApplied(account, its, place, at))
        {
            ref EventRow row = ref its[place];
            events[identity] = new TracedEvent(
                identity, row.Time, at, its.String(row.Source)!, its.String(row.Id)!, its.String(row.User), Book.JsonOf(its, place));
        }
        else if (first is null)
        {
            waiting[identity] = Read(Book.JsonOf(batch, index));
        }
    }

    private void Take(Command.AdoptKept adopt, IReadOnlySet<UInt128> wanted)
    {
        foreach (KeptBefore its in adopt.Events)
        {
            EventBatch one = Read(System.Text.Encoding.UTF8.GetBytes(its.Event));
            if (wanted.Contains(one[0].Identity) && !events.ContainsKey(one[0].Identity))
            {
                waiting.TryAdd(one[0].Identity, one);
            }
        }
    }

    private EventBatch Read(byte[] json)
    {
        var batch = new EventBatch();
        reader.Read(json, EventFormat.One, batch, long.MaxValue / 2, new EventFaults());
        return batch;
    }
}

using System.Text;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>An event as the journal has it.</summary>
/// <param name="Position">The position of its group.</param>
/// <param name="Time">When it arrived, ms.</param>
/// <param name="Origin">What brought it: <c>http:</c> and the id of the key, a connector's name, or <c>reapply</c>.</param>
/// <param name="Event">The event as CloudEvents JSON.</param>
public sealed record Arrival(long Position, long Time, string Origin, byte[] Event);

/// <summary>Finds events again in the journal, by the position of their group.</summary>
public static class Arrivals
{
    /// <summary>Events of an account, of each position all with one of the identities that are wanted there, in the order of arrival.</summary>
    public static ILookup<(long Position, UInt128 Identity), Arrival> Find(
        Store.Store store, string account, IEnumerable<(long Position, UInt128 Identity)> wanted)
    {
        int shard = store.ShardOf(account);
        var found = new List<(UInt128 Identity, Arrival Arrival)>();
        foreach (var group in wanted.Where(one => one.Position > 0).GroupBy(one => one.Position, one => one.Identity).OrderBy(its => its.Key))
        {
            found.AddRange(In(store.ReadJournal(shard, group.Key - 1).First(), account, [.. group]));
        }

        return found.ToLookup(one => (one.Arrival.Position, one.Identity), one => one.Arrival);
    }

    private static IEnumerable<(UInt128, Arrival)> In(JournalGroup group, string account, HashSet<UInt128> identities)
    {
        foreach ((EntryKind kind, ReadOnlyMemory<byte> content) in Entry.Of(group.Data))
        {
            if (kind == EntryKind.Command && Entry.ReadCommand(content) is Command.AdoptKept adopted && adopted.Account == account)
            {
                foreach (KeptBefore one in adopted.Events)
                {
                    byte[] json = Encoding.UTF8.GetBytes(one.Event);
                    if (new EventReader().ReadBack(json)?[0].Identity is { } identity && identities.Contains(identity))
                    {
                        yield return (identity, new Arrival(group.Position, one.ReceivedAt, "reapply", json));
                    }
                }
            }

            if (kind != EntryKind.Events)
            {
                continue;
            }

            (string its, string origin, ReadOnlyMemory<byte> piece) = Entry.ReadEvents(content);
            var batch = new EventBatch();
            if (its != account || !new EventDecoder().TryDecode(piece.Span, batch))
            {
                continue;
            }

            for (int i = 0; i < batch.Count; i++)
            {
                if (identities.Contains(batch[i].Identity))
                {
                    yield return (batch[i].Identity, new Arrival(group.Position, group.Time, origin, Book.JsonOf(batch, i)));
                }
            }
        }
    }
}

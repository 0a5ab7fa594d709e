using System.Text;
using Minutebook.Core;
using Minutebook.Core.Events;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>An entry of the journal, to be looked at.</summary>
/// <param name="Kind"><c>events</c>, <c>command</c> or <c>tick</c>.</param>
/// <param name="Account">Whose events they are; empty for applications that nobody has registered, null for other kinds.</param>
/// <param name="Origin">What brought the events.</param>
/// <param name="Events">The events as CloudEvents JSON.</param>
/// <param name="Command">The command as JSON.</param>
public sealed record JournalEntry(string Kind, string? Account, string? Origin, IReadOnlyList<byte[]> Events, string? Command)
{
    /// <summary>The entries of a group, in order.</summary>
    /// <exception cref="FormatException">The group is not what this version writes.</exception>
    public static IEnumerable<JournalEntry> Of(JournalGroup group)
    {
        if (group.Codec != Entry.Codec)
        {
            throw new FormatException($"Group {group.Position} of shard {group.Shard} has codec {group.Codec}; this version knows {Entry.Codec}.");
        }

        foreach ((EntryKind kind, ReadOnlyMemory<byte> content) in Entry.Of(group.Data))
        {
            yield return kind switch
            {
                EntryKind.Tick => new JournalEntry("tick", null, null, [], null),
                EntryKind.Command => new JournalEntry("command", null, null, [], Encoding.UTF8.GetString(content.Span)),
                EntryKind.Events => OfEvents(content),
                _ => throw new FormatException($"Group {group.Position} of shard {group.Shard} has an entry of kind {(int)kind}."),
            };
        }
    }

    private static JournalEntry OfEvents(ReadOnlyMemory<byte> content)
    {
        (string account, string origin, ReadOnlyMemory<byte> piece) = Entry.ReadEvents(content);
        var batch = new EventBatch();
        if (!new EventDecoder().TryDecode(piece.Span, batch))
        {
            throw new FormatException("Events of the journal cannot be read.");
        }

        return new JournalEntry("events", account, origin, [.. Enumerable.Range(0, batch.Count).Select(index => Book.JsonOf(batch, index))], null);
    }
}

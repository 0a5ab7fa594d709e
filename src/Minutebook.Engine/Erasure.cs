using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>What became of erasing a person.</summary>
/// <param name="Events">How many events named the user.</param>
/// <param name="Groups">In how many groups of the journal.</param>
/// <param name="Pseudonym">What stands there now; null where nothing was done.</param>
public sealed record ErasureReport(long Events, long Groups, string? Pseudonym);

/// <summary>
/// Takes a person out of an account's events: another name, made up by chance and kept nowhere beside the person's, stands in the journal in
/// the place of the user's id. Figures and bills stay what they were, since it is one name for one person. The audit says that it was done.
/// </summary>
public sealed class Erasure
{
    private const int GroupsAtOnce = 200;
    private const string AlphabetOfNames = "abcdefghijklmnopqrstuvwxyz234567";

    private readonly Store.Store store;
    private readonly string account;
    private readonly string user;
    private readonly byte[] name;
    private readonly string pseudonym = "erased-" + RandomNumberGenerator.GetString(AlphabetOfNames, 26);
    private readonly HashSet<string> applications;
    private readonly EventDecoder decoder = new();
    private long events;
    private long groups;

    /// <param name="store">The store; no server may run on it.</param>
    /// <param name="account">The account.</param>
    /// <param name="user">The user's id, as the events have it.</param>
    /// <exception cref="StoreException">There is no such account.</exception>
    public Erasure(Store.Store store, string account, string user)
    {
        (this.store, this.account, this.user, name) = (store, account, user, Encoding.UTF8.GetBytes(user));
        using Reader read = store.Read();
        if (read.Account(account) is null)
        {
            throw new StoreException($"There is no account {account}.");
        }

        applications = [.. read.Directory().Where(row => row.Account == account).Select(static row => row.Application)];
    }

    // Events of applications that nobody had registered when they came stand with the installation's own.
    private int[] Shards => [0, store.ShardOf(account)];

    /// <summary>Counts the events that name the user; nothing is changed.</summary>
    public ErasureReport Count()
    {
        (events, groups) = (0, 0);
        foreach (JournalGroup group in Shards.SelectMany(shard => store.ReadJournal(shard, 0)))
        {
            Changed(group);
        }

        return new ErasureReport(events, groups, null);
    }

    /// <summary>Erases, and makes the shards' tables again. Where that is broken off, the next to open them goes on with it.</summary>
    /// <param name="now">When, in ms: for the audit.</param>
    public ErasureReport Do(long now)
    {
        ErasureReport found = Count();
        if (found.Events == 0)
        {
            return found;
        }

        var noted = new ArrayBufferWriter<byte>();
        Entry.WriteCommand(noted, new Command.EraseUser(account, pseudonym, found.Events) { By = new Asker("minutebook", "minutebook erase", null) });
        store.Append(now, Entry.Codec, [(store.ShardOf(account), noted.WrittenMemory)]);
        store.Rewrite(Shards, Changed);
        Array.ForEach(Shards, MakeTables);
        return found with { Pseudonym = pseudonym };
    }

    private void MakeTables(int shard)
    {
        var fold = new Fold(store, shard);
        fold.Open();
        try
        {
            foreach (JournalGroup[] some in store.ReadJournal(shard, 0).Chunk(GroupsAtOnce))
            {
                Array.ForEach(some, group => fold.Take(group));
                fold.FlushTo(store);
            }
        }
        catch (FoldFailedException)
        {
            // The server that opens the tables next goes on, and halts what has the defect.
        }
    }

    /// <summary>A group's entries without the user; null when it has none of the user's.</summary>
    private byte[]? Changed(JournalGroup group)
    {
        long before = events;
        var changed = new ArrayBufferWriter<byte>();
        foreach ((EntryKind kind, ReadOnlyMemory<byte> content) in Entry.Of(group.Data))
        {
            switch (kind)
            {
                case EntryKind.Events:
                    Events(changed, content);
                    break;
                case EntryKind.Command:
                    Entry.WriteCommand(changed, content, Entry.ReadCommand(content) is Command.AdoptKept adopted && adopted.Account == account ? Adopted(adopted) : null);
                    break;
                default:
                    Entry.WriteTick(changed);
                    break;
            }
        }

        if (events == before)
        {
            return null;
        }

        groups++;
        return changed.WrittenSpan.ToArray();
    }

    private void Events(ArrayBufferWriter<byte> to, ReadOnlyMemory<byte> content)
    {
        (string its, string origin, ReadOnlyMemory<byte> piece) = Entry.ReadEvents(content);
        var batch = new EventBatch();
        if (!decoder.TryDecode(piece.Span, batch))
        {
            throw new FormatException("Events of the journal cannot be read.");
        }

        int by = batch.Intern(pseudonym);
        for (int index = 0; index < batch.Count; index++)
        {
            bool isOurs = its == account || (its.Length == 0 && applications.Contains(batch.String(batch[index].Application)!));
            events += isOurs && (batch[index].Kind == EventKind.Unknown ? OfUnknownType(batch, index) : batch.Replace(index, name, by)) ? 1 : 0;
        }

        Entry.WriteEvents(to, its, origin, batch, AllRows.Of(batch.Count));
    }

    private bool OfUnknownType(EventBatch batch, int index)
    {
        if (Changed(batch.String(batch[index].A)!) is not { } json)
        {
            return false;
        }

        batch[index].A = batch.Keep(Encoding.UTF8.GetBytes(json));
        return true;
    }

    private Command.AdoptKept? Adopted(Command.AdoptKept adopted)
    {
        KeptBefore[] changed = [.. adopted.Events.Select(kept => Changed(kept.Event) is { } json ? kept with { Event = json } : kept)];
        int count = changed.Zip(adopted.Events).Count(static pair => !ReferenceEquals(pair.First, pair.Second));
        events += count;
        return count == 0 ? null : adopted with { Events = changed };
    }

    /// <summary>An event's JSON with the user replaced wherever its data says nothing but the user's id; null where it does not.</summary>
    private string? Changed(string json)
    {
        JsonNode its = JsonNode.Parse(json)!;
        return its["data"] is { } data && Changed(data) ? its.ToJsonString(JavaScript) : null;
    }

    private static readonly JsonSerializerOptions JavaScript = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private bool Changed(JsonNode node)
    {
        bool found = false;
        switch (node)
        {
            case JsonObject its:
                foreach ((string field, JsonNode? value) in its.ToArray())
                {
                    found |= field != "application" && Changed(value, by => its[field] = by);
                }

                break;
            case JsonArray list:
                for (int i = 0; i < list.Count; i++)
                {
                    int place = i;
                    found |= Changed(list[i], by => list[place] = by);
                }

                break;
        }

        return found;
    }

    private bool Changed(JsonNode? value, Action<string> replace)
    {
        if (value is not JsonValue text)
        {
            return value is not null && Changed(value);
        }

        bool isUser = text.GetValueKind() == JsonValueKind.String && text.GetValue<string>() == user;
        if (isUser)
        {
            replace(pseudonym);
        }

        return isUser;
    }
}

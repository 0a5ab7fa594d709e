namespace Minutebook.Core.Metering;

/// <summary>
/// Which users the pages in memory have, so that one who is in several classes of an application at once is known for one. Most are in
/// one class at a time, and cost an entry; the others have a <see cref="Coverage"/>, as long as a page in memory has them.
/// </summary>
internal sealed class PresentUsers
{
    private readonly Dictionary<ulong, int> first = [];
    private Entry[] entries = new Entry[16];
    private int count;
    private int free = -1;

    private struct Entry
    {
        /// <summary>The page and participant that it is, while it is only one; else null.</summary>
        public Page? Page;
        public int Participant;
        public int Application;
        /// <summary>When it is more than one.</summary>
        public Coverage? Shared;
        /// <summary>How many participants it is.</summary>
        public int Links;
        /// <summary>The next entry of the same hash, or the next free one; −1 for none.</summary>
        public int Next;
    }

    /// <summary>The user's presence over several classes; null while there is only one.</summary>
    public Coverage? SharedBy(Page page, int participant) =>
        page.UserOf(participant) is > 0 and var user ? entries[user - 1].Shared : null;

    /// <summary>Links a participant to its user.</summary>
    public void Link(Page page, int participant)
    {
        if (page.UserOf(participant) != 0)
        {
            return;
        }

        ulong hash = HashOf(page, participant);
        int entry = Find(page, participant, hash);
        if (entry < 0)
        {
            page.SetUser(participant, Add(page, participant, hash) + 1);
            return;
        }

        page.SetUser(participant, entry + 1);
        ref Entry user = ref entries[entry];
        user.Links++;
        if (user.Shared is null)
        {
            user.Shared = new Coverage(page.NameOf(page.ParticipantAt(participant)).ToArray());
            Cover(user.Shared, user.Page!.SpansOf(user.Participant), 1);
            user.Page = null;
        }

        Cover(user.Shared, page.SpansOf(participant), 1);
    }

    /// <summary>Lets go of a participant: its page leaves memory. What it counts for stays counted.</summary>
    public void Unlink(Page page, int participant)
    {
        int entry = page.UserOf(participant) - 1;
        if (entry < 0)
        {
            return;
        }

        page.SetUser(participant, 0);
        ref Entry user = ref entries[entry];
        if (user.Shared is { } shared)
        {
            Cover(shared, page.SpansOf(participant), -1);
        }

        if (--user.Links == 0)
        {
            Remove(entry, HashOf(page, participant));
        }
    }

    private static void Cover(Coverage shared, ReadOnlySpan<Span> spans, int sign)
    {
        foreach (Span span in spans)
        {
            shared.Change(span.From, span.To, sign, null);
        }
    }

    private static ulong HashOf(Page page, int participant) =>
        unchecked(page.ParticipantAt(participant).Hash + ((ulong)page.Application * 0x9E3779B97F4A7C15));

    private int Find(Page page, int participant, ulong hash)
    {
        ReadOnlySpan<byte> name = page.NameOf(page.ParticipantAt(participant));
        for (int at = first.TryGetValue(hash, out int head) ? head : -1; at >= 0; at = entries[at].Next)
        {
            ref Entry user = ref entries[at];
            ReadOnlySpan<byte> its = user.Shared is { } shared ? shared.User : user.Page!.NameOf(user.Page.ParticipantAt(user.Participant));
            if (user.Application == page.Application && its.SequenceEqual(name))
            {
                return at;
            }
        }

        return -1;
    }

    private int Add(Page page, int participant, ulong hash)
    {
        int at = free >= 0 ? free : count++;
        if (at == free)
        {
            free = entries[at].Next;
        }
        else if (at == entries.Length)
        {
            Array.Resize(ref entries, at * 2);
        }

        entries[at] = new Entry
        {
            Page = page,
            Participant = participant,
            Application = page.Application,
            Links = 1,
            Next = first.TryGetValue(hash, out int head) ? head : -1,
        };
        first[hash] = at;
        return at;
    }

    private void Remove(int entry, ulong hash)
    {
        int next = entries[entry].Next;
        if (first[hash] != entry)
        {
            int before = first[hash];
            while (entries[before].Next != entry)
            {
                before = entries[before].Next;
            }

            entries[before].Next = next;
        }
        else if (next >= 0)
        {
            first[hash] = next;
        }
        else
        {
            first.Remove(hash);
        }

        entries[entry] = new Entry { Next = free };
        free = entry;
    }
}

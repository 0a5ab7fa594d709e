namespace Minutebook.Core.Metering;

/// <summary>
/// Which users the pages in memory have, so that one who is in several classes of an application at once is known for one. Most are in
/// one class at a time and cost a slot; the others have a <see cref="Coverage"/> for as long as a page in memory has them. Looked up
/// once a participant: it is on the way of every event.
/// </summary>
internal sealed class PresentUsers
{
    /// <summary>A participant whose user is in no other class.</summary>
    private const int Alone = -1;
    private const int FirstSlots = 16;

    private readonly List<Page?> pages = [];
    private readonly List<Shared?> shared = [];
    private readonly Stack<int> freePages = [];
    private readonly Stack<int> freeShared = [];
    private Slot[] slots = new Slot[FirstSlots];
    private int count;

    /// <summary>A user, found by linear probing from its hash.</summary>
    private struct Slot
    {
        public ulong Hash;
        /// <summary>The place of its page, one higher; below zero that of the shared user, as a complement; 0: empty.</summary>
        public int Page;
        public int Participant;
    }

    /// <summary>A user of several participants.</summary>
    private sealed class Shared(int application, byte[] user)
    {
        public int Application { get; } = application;
        public byte[] User { get; } = user;
        public Coverage Coverage { get; } = new();
        public int Participants { get; set; }
    }

    /// <summary>A participant's user's presence over several classes; null while it is in one.</summary>
    public Coverage? SharedBy(Page page, int participant) =>
        page.UserOf(participant) is > 0 and var user ? shared[user - 1]!.Coverage : null;

    /// <summary>Links a participant to its user.</summary>
    public void Link(Page page, int participant)
    {
        if (page.UserOf(participant) != 0)
        {
            return;
        }

        if ((count + 1) * 2 > slots.Length)
        {
            Grow();
        }

        ulong hash = HashOf(page, participant);
        ref Slot slot = ref slots[Find(hash, page, participant)];
        if (slot.Page == 0)
        {
            slot = new Slot { Hash = hash, Page = PlaceOf(page) + 1, Participant = participant };
            count++;
            page.SetUser(participant, Alone);
            return;
        }

        int number = slot.Page < 0 ? ~slot.Page : Share(ref slot);
        Shared its = shared[number]!;
        its.Participants++;
        page.SetUser(participant, number + 1);
        Cover(its.Coverage, page.SpansOf(participant), 1);
    }

    /// <summary>Lets go of a page's participants: it leaves memory. What they count for stays counted.</summary>
    public void Forget(Page page)
    {
        for (int i = 0; i < page.PresentCount; i++)
        {
            Unlink(page, i);
        }

        if (page.PresentPlace >= 0)
        {
            pages[page.PresentPlace] = null;
            freePages.Push(page.PresentPlace);
            page.PresentPlace = -1;
        }
    }

    private void Unlink(Page page, int participant)
    {
        int user = page.UserOf(participant);
        if (user == 0)
        {
            return;
        }

        if (user > 0)
        {
            Shared its = shared[user - 1]!;
            Cover(its.Coverage, page.SpansOf(participant), -1);
            if (--its.Participants > 0)
            {
                page.SetUser(participant, 0);
                return;
            }
        }

        Remove(Find(HashOf(page, participant), page, participant));
        page.SetUser(participant, 0);
        if (user > 0)
        {
            shared[user - 1] = null;
            freeShared.Push(user - 1);
        }
    }

    private int Share(ref Slot slot)
    {
        Page first = pages[slot.Page - 1]!;
        var its = new Shared(first.Application, first.NameOf(first.ParticipantAt(slot.Participant)).ToArray()) { Participants = 1 };
        int number = Place(shared, freeShared, its);
        Cover(its.Coverage, first.SpansOf(slot.Participant), 1);
        first.SetUser(slot.Participant, number + 1);
        slot.Page = ~number;
        return number;
    }

    private int PlaceOf(Page page) => page.PresentPlace >= 0 ? page.PresentPlace : page.PresentPlace = Place(pages, freePages, page);

    private static int Place<T>(List<T?> list, Stack<int> free, T its)
        where T : class
    {
        if (!free.TryPop(out int place))
        {
            list.Add(its);
            return list.Count - 1;
        }

        list[place] = its;
        return place;
    }

    private static void Cover(Coverage coverage, ReadOnlySpan<Span> spans, int sign)
    {
        foreach (Span span in spans)
        {
            coverage.Change(span.From, span.To, sign, null);
        }
    }

    /// <summary>Mixed, because slots are taken by its low bits.</summary>
    private static ulong HashOf(Page page, int participant)
    {
        ulong hash = unchecked((page.ParticipantAt(participant).Hash + (ulong)page.Application) * 0x9E3779B97F4A7C15);
        return hash ^ (hash >> 32);
    }

    /// <summary>The user's slot, or the empty one where it would stand.</summary>
    private int Find(ulong hash, Page page, int participant)
    {
        int mask = slots.Length - 1;
        int at = (int)(hash & (ulong)mask);
        while (slots[at].Page != 0 && (slots[at].Hash != hash || !Is(slots[at], page, participant)))
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    private bool Is(in Slot slot, Page page, int participant)
    {
        ReadOnlySpan<byte> name = page.NameOf(page.ParticipantAt(participant));
        if (slot.Page < 0)
        {
            Shared its = shared[~slot.Page]!;
            return its.Application == page.Application && name.SequenceEqual(its.User);
        }

        Page other = pages[slot.Page - 1]!;
        return other.Application == page.Application && name.SequenceEqual(other.NameOf(other.ParticipantAt(slot.Participant)));
    }

    /// <summary>Empties a slot, and moves up those behind it that stand there because it was taken.</summary>
    private void Remove(int at)
    {
        int mask = slots.Length - 1;
        for (int next = (at + 1) & mask; slots[next].Page != 0; next = (next + 1) & mask)
        {
            int home = (int)(slots[next].Hash & (ulong)mask);
            if (((next - home) & mask) >= ((next - at) & mask))
            {
                slots[at] = slots[next];
                at = next;
            }
        }

        slots[at] = default;
        count--;
    }

    private void Grow()
    {
        Slot[] before = slots;
        slots = new Slot[before.Length * 2];
        int mask = slots.Length - 1;
        foreach (ref readonly Slot slot in before.AsSpan())
        {
            if (slot.Page != 0)
            {
                int at = (int)(slot.Hash & (ulong)mask);
                while (slots[at].Page != 0)
                {
                    at = (at + 1) & mask;
                }

                slots[at] = slot;
            }
        }
    }
}

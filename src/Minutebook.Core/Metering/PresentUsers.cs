namespace Minutebook.Core.Metering;

/// <summary>
/// When the users of an account's applications are present, whatever classes they are in, so that one who is in several at once counts
/// once. Of the time since <see cref="KnownSince"/> it knows all, also what classes have that left memory; what lies far back is let go
/// when it has become much. Most users are in one class at a time and cost a place; the others have a <see cref="Coverage"/>.
/// </summary>
internal sealed class PresentUsers
{
    private const int FirstPlaces = 16;
    private const int Samples = 4096;
    private const int None = -1;

    private User[] users = new User[FirstPlaces / 2];
    private int[] index = new int[FirstPlaces];
    private byte[] names = new byte[256];
    private readonly Slab<CoverageStep> memory = new();
    private readonly List<int> waiting = [];
    private readonly List<SpanChange> changes = [];
    private int nameBytes;
    private int count;
    private int steps;
    private int age = 1;
    private readonly int most;
    private int limit;

    /// <param name="most">So many users and steps of theirs are kept, about.</param>
    public PresentUsers(int most) => this.most = limit = most;

    private struct User
    {
        public ulong Hash;
        public Name Name;
        public int Application;
        /// <summary>When it is present, unless it has a <see cref="Coverage"/>; an empty span for never.</summary>
        public Span One;
        public Coverage? Coverage;

        public readonly bool IsAbsent => One.From == One.To;
    }

    /// <summary>In seconds: what a user's presence was before is not known here. It only ever grows.</summary>
    public long KnownSince { get; private set; } = long.MinValue;

    /// <summary>Nothing is known of the time before.</summary>
    public void Forget(long before) => KnownSince = Math.Max(KnownSince, before);

    /// <summary>The user that a participant is; participants of one application and of one name are one.</summary>
    public int UserOf(Page page, int participant)
    {
        if (page.UserOf(participant, age) is var known && known != None)
        {
            return known;
        }

        ulong hash = HashOf(page, participant);
        int at = Find(hash, page, participant);
        if (index[at] == 0)
        {
            index[at] = Add(hash, page, participant) + 1;
        }

        int user = index[at] - 1;
        page.SetUser(participant, user, age);
        if (count * 2 > index.Length)
        {
            Index(index.Length * 2);
        }

        return user;
    }

    /// <summary>
    /// Reads what is kept of participants' users, so that it is near when they are taken one by one: there are far more users than any
    /// cache holds, and reads that do not wait for each other take a fraction of the time.
    /// </summary>
    /// <returns>Nothing of meaning; it keeps the reads from being left out.</returns>
    public long Approach(Page page, ReadOnlySpan<int> participants)
    {
        Span<int> places = stackalloc int[participants.Length];
        int mask = index.Length - 1;
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = page.UserOf(participants[i], age) is >= 0 and var known ? ~known : (int)(HashOf(page, participants[i]) & (ulong)mask);
        }

        foreach (ref int place in places)
        {
            place = place < 0 ? ~place : index[place] - 1;
        }

        long seen = 0;
        foreach (int user in places)
        {
            seen ^= user >= 0 ? users[user].One.To : 0;
        }

        foreach (int user in places)
        {
            seen ^= user >= 0 ? names[users[user].Name.Start] ^ (users[user].Coverage?.Steps ?? 0) : 0;
        }

        foreach (int user in places)
        {
            seen ^= user >= 0 ? users[user].Coverage?.LastSecond ?? 0 : 0;
        }

        return seen;
    }

    /// <summary>Takes what a user's presence in one class gained or lost.</summary>
    /// <param name="user">The user.</param>
    /// <param name="change">What it gained or lost.</param>
    /// <param name="told">Gets what the user gained or lost by it, all classes together; some of it only by <see cref="TakeWaiting"/>.</param>
    public void Change(int user, in SpanChange change, List<SpanChange> told)
    {
        ref User its = ref users[user];
        if (its.Coverage is not { } coverage)
        {
            if (ChangeOne(ref its.One, change))
            {
                told.Add(change);
                return;
            }

            its.Coverage = coverage = new Coverage(memory);
            if (!its.IsAbsent)
            {
                coverage.Change(its.One.From, its.One.To, 1, null);
                its.One = default;
            }
        }

        (bool waits, int before) = (coverage.Waits, coverage.Steps);
        coverage.Change(change, told);
        steps += coverage.Steps - before;
        if (coverage.Waits && !waits)
        {
            waiting.Add(user);
        }
    }

    /// <summary>Takes what was put off, because a user is in very many classes at once.</summary>
    public void TakeWaiting(Action<int, SpanChange> told)
    {
        foreach (int user in waiting)
        {
            changes.Clear();
            Coverage coverage = users[user].Coverage!;
            int before = coverage.Steps;
            coverage.TakeWaiting(changes);
            steps += coverage.Steps - before;
            foreach (SpanChange change in changes)
            {
                told(users[user].Application, change);
            }
        }

        waiting.Clear();
        if (count + steps > limit)
        {
            LetGo();
            // What cannot go yet is not gone through again at once.
            limit = Math.Max(most, 2 * (count + steps));
        }
    }

    /// <summary>A span that begins, ends, or goes on where it was left; false if that is not all.</summary>
    private static bool ChangeOne(ref Span one, in SpanChange change)
    {
        if (change.Sign > 0 && one.From == one.To)
        {
            one = new Span(change.From, change.To);
            return true;
        }

        if (change.Sign < 0 && change.To == one.To && change.From >= one.From)
        {
            one = one with { To = change.From };
            return true;
        }

        if (change.Sign > 0 && change.From == one.To)
        {
            one = one with { To = change.To };
            return true;
        }

        return false;
    }

    private int Add(ulong hash, Page page, int participant)
    {
        if (count == users.Length)
        {
            Array.Resize(ref users, count * 2);
        }

        users[count] = new User { Hash = hash, Name = NewName(page.NameOf(page.ParticipantAt(participant))), Application = page.Application };
        return count++;
    }

    private Name NewName(ReadOnlySpan<byte> name)
    {
        if (names.Length - nameBytes < name.Length)
        {
            Array.Resize(ref names, Math.Max(names.Length * 2, nameBytes + name.Length));
        }

        name.CopyTo(names.AsSpan(nameBytes));
        nameBytes += name.Length;
        return new Name(nameBytes - name.Length, name.Length);
    }

    /// <summary>Mixed, because places are taken by its low bits.</summary>
    private static ulong HashOf(Page page, int participant)
    {
        ulong hash = unchecked((page.ParticipantAt(participant).Hash + (ulong)page.Application) * 0x9E3779B97F4A7C15);
        return hash ^ (hash >> 32);
    }

    /// <summary>The user's place in the index, or the empty one where it would stand.</summary>
    private int Find(ulong hash, Page page, int participant)
    {
        int mask = index.Length - 1;
        int at = (int)(hash & (ulong)mask);
        while (index[at] != 0 && !Is(users[index[at] - 1], hash, page, participant))
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    private bool Is(in User user, ulong hash, Page page, int participant) =>
        user.Hash == hash && user.Application == page.Application
        && names.AsSpan(user.Name.Start, user.Name.Length).SequenceEqual(page.NameOf(page.ParticipantAt(participant)));

    private void Index(int length)
    {
        index = new int[length];
        int mask = length - 1;
        for (int user = 0; user < count; user++)
        {
            int at = (int)(users[user].Hash & (ulong)mask);
            while (index[at] != 0)
            {
                at = (at + 1) & mask;
            }

            index[at] = user + 1;
        }
    }

    /// <summary>Lets go of what lies further back than half of it does. Pages have to ask again who their participants are.</summary>
    private void LetGo()
    {
        long before = Middle();
        (User[] old, byte[] oldNames, int oldCount) = (users, names, count);
        users = new User[Math.Max(FirstPlaces / 2, count / 2)];
        (names, nameBytes, count, steps) = (new byte[Math.Max(256, nameBytes / 2)], 0, 0, 0);
        for (int i = 0; i < oldCount; i++)
        {
            User user = old[i];
            user.Coverage?.Forget(before);
            user.One = user.One.To <= before ? default : user.One;
            if (user.Coverage is { IsEmpty: false } || (user.Coverage is null && !user.IsAbsent))
            {
                Keep(user, oldNames.AsSpan(user.Name.Start, user.Name.Length));
            }
        }

        int length = FirstPlaces;
        while (length < count * 4)
        {
            length *= 2;
        }

        Index(length);
        Forget(before);
        age++;
    }

    private void Keep(in User user, ReadOnlySpan<byte> name)
    {
        if (count == users.Length)
        {
            Array.Resize(ref users, count * 2);
        }

        users[count++] = user with { Name = NewName(name) };
        steps += user.Coverage?.Steps ?? 0;
    }

    /// <summary>The second before which about half of the presence ended.</summary>
    private long Middle()
    {
        List<long> ends = [];
        int step = Math.Max(1, count / Samples);
        for (int user = 0; user < count; user += step)
        {
            users[user].Coverage?.AddEnds(ends);
            if (users[user].Coverage is null && !users[user].IsAbsent && users[user].One.To != ClassWindow.Never)
            {
                ends.Add(users[user].One.To);
            }
        }

        ends.Sort();
        return ends.Count == 0 ? KnownSince : ends[ends.Count / 2];
    }
}

using System.Text;
using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>A stay as it counts, clipped; ms.</summary>
/// <param name="From">Start, included.</param>
/// <param name="To">End, excluded; null while it is open.</param>
/// <param name="Connection">Null for the empty one.</param>
/// <param name="Medium">What was joined.</param>
public sealed record StayView(long From, long? To, string? Connection, Medium Medium);

/// <summary>Presence at one received tier, in seconds.</summary>
/// <param name="From">Start, included.</param>
/// <param name="To">End, excluded; null while it is open.</param>
/// <param name="Tier">What was received (rule 3.1).</param>
public readonly record struct TierSpan(long From, long? To, ReceivedTier Tier);

/// <summary>A participant of a class.</summary>
/// <param name="User">The user id.</param>
/// <param name="Role">The role of its first stay that counts, or else of its first join in the window; null where no role is told.</param>
/// <param name="Seconds">Its presence; summed over connections with <c>countBy: "connection"</c>.</param>
/// <param name="Stays">Its stays that count, by their start.</param>
/// <param name="Tiers">Its presence by the tier received (rule 3.1), in the order of the tiers; those without are left out.</param>
public sealed record ParticipantView(
    string User, string? Role, long Seconds, IReadOnlyList<StayView> Stays, IReadOnlyList<(ReceivedTier Tier, long Seconds)> Tiers)
{
    /// <summary>Its presence as it counts, cut where the tier changes; with <c>countBy: "connection"</c> those of one connection after those of another.</summary>
    public IReadOnlyList<TierSpan> Spans { get; init; } = [];
}

/// <summary>Which participants of a class are wanted: in the order of their ids, after one of them, so many at most.</summary>
public readonly record struct Wanted(string? After, int Limit)
{
    /// <summary>What their ids have in them; "" for any.</summary>
    public string Text { get; init; } = "";

    /// <summary>All of them.</summary>
    public static Wanted All => new(null, int.MaxValue);
}

/// <summary>A class with its participants as of an instant, worked out from its events. In ms.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Start">Start of its window.</param>
/// <param name="End">End of its window; null while it runs.</param>
/// <param name="EndedBy">What ended it.</param>
/// <param name="UserCount">Users (rule 2.6).</param>
/// <param name="Peak">The most distinct users with presence in one second.</param>
/// <param name="Seconds">The presence of all participants.</param>
/// <param name="Tiers">The same by tier, in the order of the tiers; those without are left out.</param>
/// <param name="Participants">Those that are wanted, by user id.</param>
public sealed record ClassView(
    string? Name, long Start, long? End, EndedBy EndedBy, int UserCount, int Peak, long Seconds,
    IReadOnlyList<(ReceivedTier Tier, long Seconds)> Tiers, IReadOnlyList<ParticipantView> Participants)
{
    /// <summary>Works a class out from the chunks of its page.</summary>
    /// <param name="timeZone">The account's zone.</param>
    /// <param name="history">The settings of its application.</param>
    /// <param name="length">How many bytes the chunks have, all together.</param>
    /// <param name="chunks">Its page's chunks, in order; each is read before the next is asked for.</param>
    /// <param name="now">The instant, in ms.</param>
    /// <param name="wanted">Whom to show; all others only count.</param>
    /// <returns>Null where there is no row: nothing started it (rule 2.1).</returns>
    public static ClassView? Of(
        string timeZone, IReadOnlyList<ApplicationSettings> history, long length, IEnumerable<ReadOnlyMemory<byte>> chunks, long now, Wanted wanted)
    {
        Page page = Page.Of(length, chunks);
        ClassWindow window = ClassWindow.Of(page, history, now);
        if (!window.HasRow)
        {
            page.Release();
            return null;
        }

        var calendar = new Calendar(timeZone);
        var presence = new Presence(calendar);
        var peak = new ClassPeak(page.Count);
        (int users, long seconds, long[] tiers) = (0, 0, new long[Metering.Tiers.Count]);
        int[] all = [.. Enumerable.Range(0, page.ParticipantCount)];
        long approached = 0;
        for (int number = 0; number < page.ParticipantCount; number++)
        {
            if (number % ClassMeter.Together == 0)
            {
                approached ^= page.Approach(all.AsSpan(number, Math.Min(ClassMeter.Together, all.Length - number)));
            }

            presence.Measure(page, window, number, now);
            users += presence.Counted ? 1 : 0;
            peak.Add(presence.Spans, ClassMeter.FloorSecond(now));
            seconds += AddSeconds(presence, now, tiers);
        }

        List<ParticipantView> participants = WantedOf(page, window, new Presence(calendar) { TierSpans = [] }, now, wanted);
        string? name = NameOf(page, window);
        page.Release();
        return new ClassView(
            name, window.Start, window.End == ClassWindow.Never ? null : window.End, window.EndedBy, users, peak.Most(), seconds, Told(tiers), participants);
    }

    /// <summary>The participants whose id has a text in it, in the order of their ids, with the class's name and start; nobody else is measured.</summary>
    /// <returns>Null where there is no row, as for <see cref="Of"/>.</returns>
    public static (string? Name, long Start, IReadOnlyList<ParticipantView> Participants)? Found(
        string timeZone, IReadOnlyList<ApplicationSettings> history, IReadOnlyList<byte[]> chunks, long now, string text, int limit)
    {
        Page page = Page.Of(chunks);
        ClassWindow window = ClassWindow.Of(page, history, now);
        (string?, long, IReadOnlyList<ParticipantView>)? found = window.HasRow
            ? (NameOf(page, window), window.Start, WantedOf(page, window, new Presence(new Calendar(timeZone)), now, new Wanted(null, limit) { Text = text }))
            : null;
        page.Release();
        return found;
    }

    private static string? NameOf(Page page, ClassWindow window) => window.Name < 0 ? null : Encoding.UTF8.GetString(page.TextAt(window.Name));

    /// <summary>In the order of their ids; of a large class a page is wanted, so not all are sorted.</summary>
    private static List<ParticipantView> WantedOf(Page page, ClassWindow window, Presence presence, long now, Wanted wanted)
    {
        byte[]? after = wanted.After is null ? null : Encoding.UTF8.GetBytes(wanted.After);
        byte[] text = Encoding.UTF8.GetBytes(wanted.Text);
        var users = new List<(int Number, int)>(page.ParticipantCount);
        for (int number = 0; number < page.ParticipantCount; number++)
        {
            ReadOnlySpan<byte> name = page.NameOf(page.ParticipantAt(number));
            if ((after is null || OrdinalOrder.Compare(name, after) > 0) && name.IndexOf(text) >= 0)
            {
                users.Add((number, number));
            }
        }

        List<ParticipantView> views = [];
        var next = new PriorityQueue<int, int>(users, Comparer<int>.Create(
            (a, b) => OrdinalOrder.Compare(page.NameOf(page.ParticipantAt(a)), page.NameOf(page.ParticipantAt(b)))));
        while (views.Count < wanted.Limit && next.TryDequeue(out int number, out _))
        {
            presence.Measure(page, window, number, now);
            if (ViewOf(page, window, presence, (Encoding.UTF8.GetString(page.NameOf(page.ParticipantAt(number))), number), now) is { } view)
            {
                views.Add(view);
            }
        }

        return views;
    }

    /// <summary>A participant as measured; null for one who neither counts nor has a stay that does.</summary>
    private static ParticipantView? ViewOf(Page page, ClassWindow window, Presence presence, (string User, int Number) its, long now)
    {
        List<(StayView View, short Role)> stays = StaysOf(page, window, presence);
        if (!presence.Counted && stays.Count == 0)
        {
            return null;
        }

        long[] tiers = new long[Metering.Tiers.Count];
        long seconds = AddSeconds(presence, now, tiers);
        short role = stays.Count > 0 ? stays[0].Role : RoleOfFirstJoin(page, window, its.Number, now);
        return new ParticipantView(its.User, role < 0 ? null : page.RoleAt(role), seconds, [.. stays.Select(stay => stay.View)], Told(tiers))
        {
            Spans = [.. presence.TierSpans ?? []],
        };
    }

    /// <summary>Adds what was measured to the seconds of each tier, and gives their sum.</summary>
    private static long AddSeconds(Presence presence, long now, Span<long> tiers)
    {
        long seconds = 0;
        foreach (Piece piece in presence.Pieces)
        {
            if (piece.Dimensions < Metering.Tiers.Count)
            {
                tiers[piece.Dimensions] += piece.Seconds;
                seconds += piece.Seconds;
            }
        }

        foreach (OpenPiece open in presence.Opened)
        {
            if (open.Dimensions < Metering.Tiers.Count)
            {
                long its = ClassMeter.FloorSecond(now) - open.From;
                tiers[open.Dimensions] += its;
                seconds += its;
            }
        }

        return seconds;
    }

    private static List<(ReceivedTier Tier, long Seconds)> Told(ReadOnlySpan<long> seconds)
    {
        List<(ReceivedTier, long)> told = [];
        for (int tier = 0; tier < seconds.Length; tier++)
        {
            if (seconds[tier] != 0)
            {
                told.Add(((ReceivedTier)tier, seconds[tier]));
            }
        }

        return told;
    }

    /// <summary>In an order that depends on nothing but the stays themselves, with their roles.</summary>
    private static List<(StayView View, short Role)> StaysOf(Page page, ClassWindow window, Presence presence)
    {
        var stays = new List<(StayView View, short Role)>(presence.Stays.Count);
        bool isInOrder = true;
        foreach (Stay stay in presence.Stays)
        {
            Slot slot = page.SlotAt(stay.Slot);
            bool isClipped = slot.Medium == Medium.Av && stay.Settings.Metering == MeteringMode.Class;
            long from = isClipped ? Math.Max(stay.From, window.Start) : stay.From;
            long to = isClipped ? Math.Min(stay.To, window.End) : stay.To;
            if (from < to && (!isClipped || window.HasStart))
            {
                string? connection = slot.Connection.Length == 0 ? null : Encoding.UTF8.GetString(page.ConnectionOf(slot));
                isInOrder &= stays.Count == 0 || stays[^1].View.From < from;
                stays.Add((new StayView(from, to == ClassWindow.Never ? null : to, connection, slot.Medium), stay.Role));
            }
        }

        if (!isInOrder)
        {
            stays.Sort(static (a, b) => Compare(a.View, b.View));
        }

        return stays;
    }

    private static int Compare(StayView a, StayView b)
    {
        int order = a.From.CompareTo(b.From);
        order = order != 0 ? order : string.CompareOrdinal(a.Connection, b.Connection);
        return order != 0 ? order : a.Medium.CompareTo(b.Medium);
    }

    /// <summary>Who has no stay to show is in the view for a join inside the window (rule 2.6). Of several at one instant, as for a stay:
    /// the first role in ordinal order, none before any.</summary>
    private static short RoleOfFirstJoin(Page page, ClassWindow window, int participant, long now)
    {
        (long first, short role) = (ClassWindow.Never, -1);
        for (int slot = page.ParticipantAt(participant).LastSlot; slot >= 0; slot = page.SlotAt(slot).NextOfUser)
        {
            for (int i = page.SlotAt(slot).Last; i >= 0; i = page.RecordAt(i).Next)
            {
                ref Record record = ref page.RecordAt(i);
                bool isInside = record.Kind == EventKind.ParticipantJoined && !record.Voided && record.Time <= now
                    && record.Time >= window.Start && record.Time < window.End;
                if (isInside && !ClassWindow.IsExcluded(page, record.Role, window.SettingsAt(record.Time))
                    && (record.Time < first || (record.Time == first && string.CompareOrdinal(TextOf(page, record.Role), TextOf(page, role)) < 0)))
                {
                    (first, role) = (record.Time, record.Role);
                }
            }
        }

        return role;
    }

    private static string? TextOf(Page page, short role) => role < 0 ? null : page.RoleAt(role);
}

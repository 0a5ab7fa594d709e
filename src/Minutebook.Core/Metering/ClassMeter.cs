using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>Keeps what pages amount to in step with their events: measures again whoever an event touched, and books the difference.</summary>
internal sealed class ClassMeter(Calendar calendar, UsageTable usage, PeakMeter peaks)
{
    public const int Together = 64;
    private readonly Presence presence = new(calendar);
    private long approached;

    /// <summary>Measures what is dirty on a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="history">The settings of its application.</param>
    /// <param name="now">In ms.</param>
    /// <param name="book">Whether differences go to the account's usage; not when a page is read back, whose usage is booked.</param>
    public void Settle(Page page, IReadOnlyList<ApplicationSettings> history, long now, bool book)
    {
        if (page.Kind != PageKind.Class)
        {
            return;
        }

        if (page.WindowDirty || page.Window is null)
        {
            page.Window = ClassWindow.Of(page, history, now);
            page.WindowDirty = false;
            page.MarkAllDirty();
        }

        Span<int> some = stackalloc int[Together];
        while (page.TakeDirty(some) is > 0 and int count)
        {
            approached ^= page.Approach(some[..count]);
            if (book)
            {
                peaks.Approach(page, some[..count]);
            }

            foreach (int participant in some[..count])
            {
                Measure(page, participant, now, book);
            }
        }
    }

    /// <summary>Books the amounts of an event, or takes them back.</summary>
    public void Count(Page page, in Record record, int sign, bool book)
    {
        long hour = calendar.HourOf(FloorSecond(record.Time));
        int day = calendar.DayOf(hour);
        if (record.Kind == Events.EventKind.PlaybackViewed)
        {
            page.TouchViewings(day);
        }

        foreach (Amount amount in page.AmountsOf(record))
        {
            Int128 quantity = (Int128)amount.Quantity * sign;
            page.Days.On(day, amount.Dimensions).Quantity += quantity;
            if (book)
            {
                usage.Add(page.Application, amount.Dimensions, hour, quantity);
            }
        }
    }

    /// <summary>When a participant is present, by a page's events up to now.</summary>
    public List<Span> SpansOf(Page page, int participant, long now)
    {
        presence.Measure(page, page.Window!, participant, now);
        return presence.Spans;
    }

    public static long FloorSecond(long ms) => Math.DivRem(ms, 1000, out long rest) - (rest < 0 ? 1 : 0);

    private void Measure(Page page, int number, long now, bool book)
    {
        presence.MeasureLater(page, page.Window!, number, now);
        ref Participant participant = ref page.ParticipantAt(number);
        page.SetDue(number, presence.Due < page.Window!.Due ? presence.Due : 0);

        if (presence.Counted != participant.Counted)
        {
            participant.Counted = presence.Counted;
            page.Users += presence.Counted ? 1 : -1;
        }

        ReadOnlySpan<Piece> pieces = CollectionsMarshal.AsSpan(presence.Pieces);
        if (!Same(page.PiecesOf(number), pieces))
        {
            Book(page, page.PiecesOf(number), -1, book);
            page.SetPieces(number, pieces);
            Book(page, pieces, 1, book);
        }

        ReadOnlySpan<OpenPiece> open = CollectionsMarshal.AsSpan(presence.Opened);
        if (!Same(page.OpenOf(number), open))
        {
            Book(page, page.OpenOf(number), -1, book);
            page.SetOpen(number, open);
            Book(page, open, 1, book);
        }

        participant.Measured = presence.Measured;
        if (book)
        {
            peaks.Take(page, number, presence.Spans);
        }
        else
        {
            peaks.Load(page, number, presence.Spans);
        }
    }

    /// <summary>Piece by piece: they are few, and the framework compares records through their equality, which is ten times slower.</summary>
    private static bool Same(ReadOnlySpan<Piece> before, ReadOnlySpan<Piece> now)
    {
        for (int i = 0; i < before.Length && i < now.Length; i++)
        {
            if (before[i].Seconds != now[i].Seconds || before[i].Hour != now[i].Hour || before[i].Dimensions != now[i].Dimensions)
            {
                return false;
            }
        }

        return before.Length == now.Length;
    }

    private static bool Same(ReadOnlySpan<OpenPiece> before, ReadOnlySpan<OpenPiece> now)
    {
        for (int i = 0; i < before.Length && i < now.Length; i++)
        {
            if (before[i].From != now[i].From || before[i].Dimensions != now[i].Dimensions)
            {
                return false;
            }
        }

        return before.Length == now.Length;
    }

    private void Book(Page page, ReadOnlySpan<Piece> pieces, int sign, bool book)
    {
        foreach (Piece piece in pieces)
        {
            int seconds = sign * piece.Seconds;
            page.Days.On(calendar.DayOf(piece.Hour), piece.Dimensions).Quantity += seconds;
            if (piece.Dimensions != Presence.WhiteboardDimensions)
            {
                page.Total.Quantity += seconds;
            }

            if (book)
            {
                usage.Add(page.Application, piece.Dimensions, piece.Hour, seconds);
            }
        }
    }

    private void Book(Page page, ReadOnlySpan<OpenPiece> open, int sign, bool book)
    {
        foreach (OpenPiece piece in open)
        {
            ref Tally day = ref page.Days.On(calendar.DayOf(calendar.HourOf(piece.From)), piece.Dimensions);
            day.OpenCount += sign;
            day.OpenSum += (Int128)sign * piece.From;
            if (piece.Dimensions != Presence.WhiteboardDimensions)
            {
                page.Total.OpenCount += sign;
                page.Total.OpenSum += (Int128)sign * piece.From;
            }

            if (book)
            {
                usage.AddOpen(page.Application, piece.Dimensions, piece.From, sign);
            }
        }
    }
}

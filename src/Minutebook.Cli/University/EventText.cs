using System.Buffers.Text;
using System.Text;

namespace Minutebook.Cli.University;

/// <summary>Writes moments as CloudEvents, one a line, straight into UTF-8.</summary>
internal sealed class EventText
{
    /// <summary>No event is longer.</summary>
    public const int MostBytes = 1_024;

    private static readonly string[] Types =
    [
        "class.started", "class.ended", "participant.joined", "participant.joined", "participant.left", "participant.left",
        "participant.receiving", "recording.completed", "content.delivered", "event.voided", "participant.hand-raised", "screenshot.captured",
    ];

    private static readonly string[] DeliveryKinds = ["vod", "download", "live", "other"];
    private static readonly string[] RoleNames = ["student", "teacher", "assistant", "recorder"];
    private static readonly string[] UserPrefixes = ["s", "t", "a", "recorder-"];

    private readonly List<Place> places;
    private readonly byte[][] heads;
    private readonly byte[][] users = [.. UserPrefixes.Select(prefix => Encoding.UTF8.GetBytes($",\"user\":\"{prefix}"))];
    private readonly byte[][] connections = [.. UserPrefixes.Select(prefix => Encoding.UTF8.GetBytes($",\"connection\":\"{prefix}"))];
    private readonly byte[][] roles = [.. RoleNames.Select(role => Encoding.UTF8.GetBytes($"\",\"role\":\"{role}\""))];
    private readonly byte[][] deliveryKinds = [.. DeliveryKinds.Select(kind => Encoding.UTF8.GetBytes($",\"kind\":\"{kind}\""))];
    private readonly byte[][] sources = [.. Campus.Applications.Select(name => Encoding.UTF8.GetBytes($",\"source\":\"/northfield/{name}\",\"id\":\"nf-"))];
    private readonly byte[] date = new byte[11];
    private long dateDay = -1;

    /// <param name="places">The classes and contents that moments point at; it may grow.</param>
    public EventText(List<Place> places)
    {
        this.places = places;
        heads = [.. Campus.Applications.SelectMany(_ => Types, (application, type) =>
            Encoding.UTF8.GetBytes($"\",\"source\":\"/northfield/{application}\",\"type\":\"{type}\",\"time\":\""))];
    }

    /// <summary>Writes the event and its newline; returns the bytes written.</summary>
    public int Write(Span<byte> to, in Moment moment)
    {
        Place place = places[moment.Place];
        int at = Put(to, 0, "{\"specversion\":\"1.0\",\"id\":\"nf-"u8);
        at = PutNumber(to, at, moment.Number);
        at = Put(to, at, heads[(place.Application * Types.Length) + (int)moment.Kind]);
        at = PutTime(to, at, moment.Time);
        at = Put(to, at, place.Shared);
        at = PutData(to, at, moment, place);
        return Put(to, at, "}}\n"u8);
    }

    private int PutData(Span<byte> to, int at, in Moment moment, Place place)
    {
        switch (moment.Kind)
        {
            case Kind.Started:
                return Put(to, at, place.Detail);
            case Kind.Joined or Kind.JoinedWhiteboard:
                at = Put(to, PutUser(to, at, moment), roles[(int)moment.Role]);
                return PutMedium(to, PutConnection(to, at, moment), moment.Kind == Kind.JoinedWhiteboard);
            case Kind.Left or Kind.LeftWhiteboard:
                at = Put(to, PutUser(to, at, moment), "\""u8);
                return PutMedium(to, PutConnection(to, at, moment), moment.Kind == Kind.LeftWhiteboard);
            case Kind.Receiving:
                at = PutConnection(to, Put(to, PutUser(to, at, moment), "\""u8), moment);
                return PutNumber(to, Put(to, at, ",\"pixels\":"u8), moment.Quantity);
            case Kind.Recorded:
                return PutFiles(to, at, moment);
            case Kind.Delivered:
                at = Put(to, PutUser(to, at, moment), "\""u8);
                at = PutNumber(to, Put(to, at, ",\"bytes\":"u8), moment.Quantity);
                return Put(to, Put(to, at, deliveryKinds[moment.Variant]), moment.Variant <= 1 ? place.Detail : []);
            case Kind.Voided:
                return Put(to, PutNumber(to, Put(to, at, sources[place.Application]), moment.Quantity), "\""u8);
            case Kind.HandRaised:
                return Put(to, PutUser(to, at, moment), "\""u8);
            case Kind.Screenshot:
                return PutNumber(to, Put(to, at, ",\"count\":"u8), moment.Quantity);
            default:
                return at;
        }
    }

    private int PutUser(Span<byte> to, int at, in Moment moment) => PutFiveDigits(to, Put(to, at, users[(int)moment.Role]), moment.User);

    private int PutConnection(Span<byte> to, int at, in Moment moment)
    {
        at = PutFiveDigits(to, Put(to, at, connections[(int)moment.Role]), moment.User);
        to[at] = (byte)'-';
        to[at + 1] = (byte)('0' + moment.Variant);
        to[at + 2] = (byte)'"';
        return at + 3;
    }

    private static int PutMedium(Span<byte> to, int at, bool whiteboard) => whiteboard ? Put(to, at, ",\"medium\":\"whiteboard\""u8) : at;

    private static int PutFiles(Span<byte> to, int at, in Moment moment)
    {
        at = PutNumber(to, Put(to, at, ",\"recording\":\"rec-"u8), moment.Number);
        at = PutNumber(to, Put(to, at, "\",\"files\":[{\"kind\":\"camera\",\"seconds\":"u8), moment.Quantity);
        at = PutNumber(to, Put(to, at, "},{\"kind\":\"screen\",\"seconds\":"u8), moment.Quantity * 9 / 10);
        if ((moment.Variant & 1) != 0)
        {
            at = PutNumber(to, Put(to, at, "},{\"kind\":\"mixed\",\"seconds\":"u8), moment.Quantity);
        }

        if ((moment.Variant & 2) != 0)
        {
            at = PutNumber(to, Put(to, at, "},{\"kind\":\"whiteboard\",\"seconds\":"u8), moment.Quantity / 2);
        }

        return Put(to, at, "}]"u8);
    }

    private int PutTime(Span<byte> to, int at, long milliseconds)
    {
        long day = milliseconds / 86_400_000;
        if (day != dateDay)
        {
            Encoding.UTF8.GetBytes($"{DateTime.UnixEpoch.AddDays(day):yyyy-MM-dd}T", date);
            dateDay = day;
        }

        at = Put(to, at, date);
        int rest = (int)(milliseconds - (day * 86_400_000));
        Span<byte> clock = to.Slice(at, 13);
        PutTwoDigits(clock, rest / 3_600_000);
        clock[2] = (byte)':';
        PutTwoDigits(clock[3..], rest / 60_000 % 60);
        clock[5] = (byte)':';
        PutTwoDigits(clock[6..], rest / 1_000 % 60);
        clock[8] = (byte)'.';
        clock[9] = (byte)('0' + (rest / 100 % 10));
        PutTwoDigits(clock[10..], rest % 100);
        clock[12] = (byte)'Z';
        return at + 13;
    }

    private static int PutFiveDigits(Span<byte> to, int at, int number)
    {
        to[at] = (byte)('0' + (number / 10_000 % 10));
        PutTwoDigits(to[(at + 1)..], number / 100 % 100);
        PutTwoDigits(to[(at + 3)..], number % 100);
        return at + 5;
    }

    private static void PutTwoDigits(Span<byte> to, int number)
    {
        to[1] = (byte)('0' + (number % 10));
        to[0] = (byte)('0' + (number / 10));
    }

    private static int PutNumber(Span<byte> to, int at, long number)
    {
        Utf8Formatter.TryFormat(number, to[at..], out int written);
        return at + written;
    }

    private static int Put(Span<byte> to, int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(to[at..]);
        return at + text.Length;
    }
}

using System.Buffers;
using System.Globalization;
using System.Text.Unicode;

namespace Minutebook.Cli.Measuring;

/// <summary>
/// Bodies of events as a platform posts them: classes of thirty that start, are joined, left and ended, one a second for ten hours a day,
/// day after day; a student is in one class at a time; random ids (version 4), about 260 bytes an event. Made before anything is measured.
/// </summary>
internal static class Lessons
{
    /// <summary>The class of <see cref="Crowd"/>.</summary>
    public const string CrowdClass = "crowd";

    private const int LargestEvent = 512;
    private const int Students = 30;
    /// <summary>So many that nobody is back before his class is over.</summary>
    private const int AllStudents = 100_000;
    private const int LessonsPerDay = 36_000;
    private const int Days = 28;
    private static readonly DateTime First = new(2027, 1, 4, 8, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime Term = new(2026, 12, 6, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Arrays of about <paramref name="size"/> events, <paramref name="events"/> in all.</summary>
    public static List<byte[]> Arrays(int events, int size, string application, int seed) => Arrays(events, size, application, seed, null);

    /// <summary>The same, all on one day, from an instant on.</summary>
    public static List<byte[]> Arrays(int events, int size, string application, int seed, DateTime? day)
    {
        var random = new Random(seed);
        var bodies = new List<byte[]>();
        var body = new ArrayBufferWriter<byte>(size * 280);
        // Another seed makes other classes, of the same days.
        int lesson = seed * Days * LessonsPerDay;
        for (int made = 0; made < events;)
        {
            body.ResetWrittenCount();
            int count = 0;
            while (count < size && made < events)
            {
                int added = Lesson(body, count == 0, application, lesson++, day, random);
                (count, made) = (count + added, made + added);
            }

            body.Write("]"u8);
            bodies.Add(body.WrittenSpan.ToArray());
        }

        return bodies;
    }

    /// <summary>Single events, each as one CloudEvent.</summary>
    public static List<byte[]> Singles(int events, string application, int seed)
    {
        var random = new Random(seed);
        var bodies = new List<byte[]>(events);
        for (int i = 0; i < events; i++)
        {
            bool joins = i % 2 == 0;
            bodies.Add(Event(
                joins ? "participant.joined" : "participant.left", application, $"single-{i / 100}", $"student-{(i % 100) / 2}", First.AddSeconds(i % 3600), random).ToUtf8());
        }

        return bodies;
    }

    /// <summary>One class of so many participants, each of whom comes and goes so many times.</summary>
    public static List<byte[]> Crowd(int participants, int times, int size, string application, int seed)
    {
        var random = new Random(seed);
        List<byte[]> bodies = [[.. "["u8, .. Event("class.started", application, CrowdClass, null, First, random).ToUtf8(), .. "]"u8]];
        var body = new ArrayBufferWriter<byte>(size * 280);
        for (int made = 0; made < participants * times * 2;)
        {
            body.ResetWrittenCount();
            for (int count = 0; count < size && made < participants * times * 2; count++, made++)
            {
                (int time, int user) = (made / participants, made % participants);
                Add(body, count == 0, Event(
                    time % 2 == 0 ? "participant.joined" : "participant.left", application, CrowdClass, $"guest-{user:D6}",
                    First.AddSeconds((time * 300) + random.Next(300)), random));
            }

            body.Write("]"u8);
            bodies.Add(body.WrittenSpan.ToArray());
        }

        return bodies;
    }

    /// <summary>Participants who come and stay, so many to a class.</summary>
    public static IEnumerable<byte[]> Arrivals(int participants, int size, string application, int seed)
    {
        var random = new Random(seed);
        var body = new ArrayBufferWriter<byte>(size * 280);
        for (int made = 0; made < participants;)
        {
            body.ResetWrittenCount();
            string id = $"present-{made / size:D6}";
            Add(body, true, Event("class.started", application, id, null, First, random));
            for (int count = 0; count < size && made < participants; count++, made++)
            {
                Add(body, false, Event("participant.joined", application, id, $"student-{made:D7}", First.AddSeconds(random.Next(600)), random));
            }

            body.Write("]"u8);
            yield return body.WrittenSpan.ToArray();
        }
    }

    private static int Lesson(ArrayBufferWriter<byte> body, bool first, string application, int number, DateTime? day, Random random)
    {
        DateTime start = (day ?? Term.AddDays(number / LessonsPerDay % Days)).AddSeconds(number % LessonsPerDay);
        string id = $"class-{number:D10}";
        Add(body, first, Event("class.started", application, id, null, start, random));
        for (int student = 0; student < Students; student++)
        {
            Add(body, false, Event("participant.joined", application, id, StudentOf(number, student), start.AddSeconds(random.Next(60)), random));
        }

        for (int student = 0; student < Students; student++)
        {
            Add(body, false, Event("participant.left", application, id, StudentOf(number, student), start.AddSeconds(2700 + random.Next(60)), random));
        }

        Add(body, false, Event("class.ended", application, id, null, start.AddSeconds(2760), random));
        return 2 + (2 * Students);
    }

    private static string StudentOf(int number, int student) => $"student-{(((long)number * Students) + student) % AllStudents:D5}";

    private static void Add(ArrayBufferWriter<byte> body, bool first, Utf8Event json)
    {
        Span<byte> to = body.GetSpan(LargestEvent);
        to[0] = first ? (byte)'[' : (byte)',';
        body.Advance(1 + json.Write(to[1..]));
    }

    private static Utf8Event Event(string type, string application, string @class, string? user, DateTime time, Random random) =>
        new(type, application, @class, user, time, random);

    /// <summary>An event, written as UTF-8 at once: a hundred million are made while nobody measures.</summary>
    private readonly record struct Utf8Event(string Type, string Application, string Class, string? User, DateTime Time, Random Random)
    {
        public int Write(Span<byte> to)
        {
            Span<byte> id = stackalloc byte[16];
            Random.NextBytes(id);
            bool fits = Utf8.TryWrite(
                to,
                CultureInfo.InvariantCulture,
                $"{{\"specversion\":\"1.0\",\"id\":\"{new Guid(id)}\",\"source\":\"//campus/rtc\",\"type\":\"{Type}\",\"time\":\"{Time:s}.000Z\",\"subject\":\"{Class}\",\"data\":{{\"application\":\"{Application}\"",
                out int written);
            int rest = 0;
            fits &= User is null
                ? Utf8.TryWrite(to[written..], $"}}}}", out rest)
                : Utf8.TryWrite(to[written..], $",\"user\":\"{User}\",\"role\":\"student\",\"connection\":\"c-{User}\"}}}}", out rest);
            return fits ? written + rest : throw new InvalidOperationException($"An event of {Class} is longer than {LargestEvent} bytes.");
        }

        public byte[] ToUtf8()
        {
            Span<byte> to = stackalloc byte[LargestEvent];
            return to[..Write(to)].ToArray();
        }
    }
}

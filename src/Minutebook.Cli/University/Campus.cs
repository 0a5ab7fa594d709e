namespace Minutebook.Cli.University;

/// <summary>What a section is about and where it belongs.</summary>
internal sealed record Section(string Id, string Course, string? Organization, string? Department);

/// <summary>A lesson of the weekly timetable.</summary>
/// <param name="Application">Index in <see cref="Campus.Applications"/>.</param>
/// <param name="Section">Index in <see cref="Campus.Sections"/>.</param>
/// <param name="StartMinute">Minute of the local day.</param>
/// <param name="FirstSeat">First of its seats in the slot's seating.</param>
/// <param name="Slot">Decides who sits in which seat, so that nobody is in two lessons at once.</param>
internal sealed record Lesson(int Application, int Section, int StartMinute, int Minutes, int FirstSeat, int Seats, int Slot, bool Recorded);

/// <summary>Northfield University: its schools, sections, students and weekly timetable.</summary>
internal sealed class Campus
{
    public const int Lectures = 0;
    public const int Tutorials = 1;
    public const int Exams = 2;
    public const int Library = 3;

    /// <summary>Posts events, and nobody told Minutebook about it.</summary>
    public const int Pilot = 4;

    private static readonly int[] SlotStarts = [8 * 60, (9 * 60) + 30, 11 * 60, 13 * 60, (14 * 60) + 30, 16 * 60, 18 * 60];
    private static readonly double[] SlotFill = [0.24, 0.46, 0.50, 0.40, 0.44, 0.30, 0.12];

    private static readonly (string School, string[] Departments)[] Schools =
    [
        ("Arts and Letters", ["History", "English", "Philosophy"]),
        ("Science", ["Physics", "Biology", "Chemistry", "Mathematics"]),
        ("Engineering", ["Computer Science", "Civil Engineering", "Electrical Engineering"]),
        ("Business", ["Economics", "Finance"]),
        ("Medicine", ["Nursing", "Public Health"]),
    ];

    public Campus(int students, ulong seed)
    {
        Students = NextPrime(Math.Max(students, 101));
        Sections = [.. AllSections()];
        Dice dice = new(seed);
        Week = [.. Enumerable.Range(0, 5).Select(day => DayOfLessons(day, ref dice))];
    }

    /// <summary>The applications; the last is not registered.</summary>
    public static IReadOnlyList<string> Applications { get; } = ["lectures", "tutorials", "exams", "library", "labs-pilot"];

    public int Students { get; }

    public IReadOnlyList<Section> Sections { get; }

    /// <summary>Lessons by weekday, Monday first.</summary>
    public IReadOnlyList<Lesson>[] Week { get; }

    /// <summary>Who sits there: a permutation of all students for each slot.</summary>
    public int StudentAt(int slot, int seat)
    {
        int stride = ((7_919 + (104_729 * slot)) % (Students - 1)) + 1;
        return (int)(((seat * (long)stride) + (31 * slot)) % Students);
    }

    private Lesson[] DayOfLessons(int day, ref Dice dice)
    {
        List<Lesson> lessons = [];
        for (int slot = 0; slot < SlotStarts.Length; slot++)
        {
            int seats = (int)(Students * SlotFill[slot]);
            for (int seat = 0; seat < seats;)
            {
                Lesson lesson = Draw(day, slot, seat, ref dice);
                lessons.Add(lesson with { Seats = Math.Min(lesson.Seats, seats - seat) });
                seat += lesson.Seats;
            }
        }

        return [.. lessons];
    }

    private Lesson Draw(int day, int slot, int seat, ref Dice dice)
    {
        bool lecture = dice.Chance(0.28);
        return new Lesson(
            lecture ? Lectures : Tutorials,
            dice.Below(Sections.Count),
            SlotStarts[slot],
            lecture ? 75 : 50,
            seat,
            lecture ? dice.Around(30, 240) : dice.Between(7, 24),
            (day * SlotStarts.Length) + slot,
            dice.Chance(lecture ? 0.7 : 0.04));
    }

    private static IEnumerable<Section> AllSections()
    {
        foreach ((string school, string[] departments) in Schools)
        {
            foreach (string department in departments)
            {
                string prefix = string.Concat(department.Split(' ').Select(word => word[..Math.Min(3, word.Length)])).ToLowerInvariant();
                for (int course = 1; course <= 5; course++)
                {
                    yield return new Section($"{prefix}-{course}01", $"{department} {course}01", school, department);
                }
            }
        }

        yield return new Section("orientation", "Orientation", null, null);
    }

    private static int NextPrime(int from)
    {
        while (Enumerable.Range(2, (int)Math.Sqrt(from)).Any(divisor => divisor < from && from % divisor == 0))
        {
            from++;
        }

        return from;
    }
}

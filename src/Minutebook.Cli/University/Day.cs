using System.Text;
using System.Text.Json;

namespace Minutebook.Cli.University;

/// <summary>Lets a day of the term take place: lessons, exams, study rooms at night, and what is watched afterwards.</summary>
internal sealed class Day(Campus campus, TermDates dates, Post post, List<Place> places, ulong seed)
{
    private const int Minute = 60_000;
    private const int Recorders = 40;

    private readonly Attendance attendance = new(post, seed + 1);
    private readonly int[] contents = Contents(campus, places);
    private Dice dice = new(seed);

    public void TakePlace(int day)
    {
        if (dates.IsWeekday(day))
        {
            HoldLessons(day, dates.IsExamDay(day) ? 0.55 : 0.97);
        }

        if (dates.IsExamDay(day))
        {
            HoldExams(day);
        }

        OpenLibrary(day);
        Watch(day);
        Mishaps(day);
    }

    private void HoldLessons(int day, double held)
    {
        foreach (Lesson lesson in campus.Week[dates.WeekdayOf(day)])
        {
            if (!dice.Chance(held))
            {
                continue;
            }

            Section section = campus.Sections[lesson.Section];
            string kind = lesson.Application == Campus.Lectures ? "lecture" : "tutorial";
            Meeting meeting = Open(day, lesson.Application, $"{section.Id}-{lesson.Slot}-{lesson.FirstSeat}", $"{section.Course} {kind}", lesson.StartMinute, lesson.Minutes, false);
            attendance.Attend(meeting, lesson.Section, Role.Teacher);
            Seat(meeting, lesson.Slot, lesson.FirstSeat, lesson.Seats, 0.86);
            if (lesson.Recorded)
            {
                attendance.Record(meeting, dice.Below(Recorders));
            }
        }
    }

    private void HoldExams(int day)
    {
        int slot = 40 + dates.WeekdayOf(day);
        int seat = 0;
        foreach (int start in (int[])[9 * 60, 13 * 60, 17 * 60])
        {
            int until = seat + (campus.Students / 4);
            while (seat < until)
            {
                int seats = Math.Min(dice.Between(60, 400), until - seat);
                Section section = campus.Sections[dice.Below(campus.Sections.Count)];
                Meeting meeting = Open(day, Campus.Exams, $"exam-{section.Id}-{seat}", $"{section.Course} examination", start, 120, true);
                attendance.Attend(meeting, dice.Below(200), Role.Assistant);
                Seat(meeting, slot, seat, seats, 0.97);
                attendance.Record(meeting, dice.Below(Recorders));
                post.Send(new Moment { Place = meeting.Place, Kind = Kind.Screenshot, Time = meeting.End - Minute, Quantity = seats });
                seat += seats;
            }
        }
    }

    private void OpenLibrary(int day)
    {
        bool nearExams = dates.IsExamDay(day + 1) || dates.IsExamDay(day + 2);
        double rooms = campus.Students / 110.0 * (nearExams ? 2 : dates.IsWeekday(day) ? 1 : 3);
        int slot = 50 + dates.WeekdayOf(day);
        int seat = 0;
        for (int room = 0; room < Math.Max(rooms, 1); room++)
        {
            bool night = dice.Chance(0.6);
            int start = night ? dice.Between(20 * 60, (23 * 60) + 40) : dice.Between(9 * 60, 20 * 60);
            int seats = dice.Between(2, 9);
            Meeting meeting = Open(day, Campus.Library, $"study-{room}", $"Study room {room}", start, dice.Between(40, night ? 230 : 120), false);
            Seat(meeting, slot, seat, seats, 1);
            seat += seats;
        }
    }

    private void Watch(int day)
    {
        double views = campus.Students * (dates.IsExamDay(day + 1) ? 2.4 : dates.IsWeekday(day) ? 1.6 : 1.1);
        long midnight = dates.At(day, 0);
        for (int view = 0; view < views; view++)
        {
            int minute = dice.Chance(0.6) ? dice.Around(17 * 60, 24 * 60) : dice.Between(8 * 60, (24 * 60) - 1);
            int kind = dice.Below(100);
            post.Send(new Moment
            {
                Place = contents[dice.Below(contents.Length)],
                Kind = Kind.Delivered,
                Time = midnight + ((long)minute * Minute) + dice.Below(Minute),
                User = dice.Below(campus.Students),
                Quantity = (4_000_000L << dice.Below(8)) + dice.Below(3_999_999),
                Variant = (byte)(kind < 78 ? 0 : kind < 90 ? 1 : kind < 97 ? 2 : 3),
            });
        }
    }

    // What no platform is without, a little of each.
    private void Mishaps(int day)
    {
        if (day % 7 == 2)
        {
            Meeting unknown = Open(day, Campus.Pilot, "bench", "Remote laboratory", 10 * 60, 60, false);
            Seat(unknown, 70, 0, 12, 1);
        }

        if (day == TermDates.WholeDays - 2)
        {
            // A server that was forgotten for six weeks finds its way back to the network and delivers.
            long now = dates.At(day, 12 * 60);
            Place lecture = new(Campus.Lectures, Shared(Campus.Lectures, "forgotten"), []);
            places.Add(lecture);
            for (int i = 0; i < 40; i++)
            {
                long time = now - (40L * 1_440 * Minute) + (i * Minute);
                post.Send(new Moment { Place = places.Count - 1, Kind = Kind.Joined, User = i, Variant = 1, Time = time, Arrival = now + i });
            }
        }
    }

    private Meeting Open(int day, int application, string id, string name, int startMinute, int minutes, bool proctored)
    {
        string detail = $",\"name\":\"{JsonEncodedText.Encode(name)}\"";
        places.Add(new Place(application, Shared(application, $"{id}-{dates.DateOf(day):MMdd}"), Encoding.UTF8.GetBytes(detail)));
        long start = dates.At(day, startMinute) + dice.Between(-Minute, Minute);
        Meeting meeting = new(places.Count - 1, start, start + ((long)minutes * Minute) + dice.Between(-3 * Minute, 6 * Minute), proctored);
        post.Send(new Moment { Place = meeting.Place, Kind = Kind.Started, Time = start - (5 * Minute) });
        if (!dice.Chance(0.0005))
        {
            post.Send(new Moment { Place = meeting.Place, Kind = Kind.Ended, Time = meeting.End });
        }

        return meeting;
    }

    private void Seat(in Meeting meeting, int slot, int firstSeat, int seats, double present)
    {
        for (int seat = firstSeat; seat < firstSeat + seats; seat++)
        {
            if (dice.Chance(present))
            {
                attendance.Attend(meeting, campus.StudentAt(slot, seat), Role.Student);
            }
        }
    }

    private static int[] Contents(Campus campus, List<Place> places)
    {
        foreach (Section section in campus.Sections)
        {
            string detail = $",\"section\":\"{section.Id}\"";
            places.Add(new Place(Campus.Lectures, Shared(Campus.Lectures, $"video-{section.Id}"), Encoding.UTF8.GetBytes(detail)));
        }

        // Seen by everyone, and of nobody in particular.
        places.Add(new Place(Campus.Library, Shared(Campus.Library, "video-welcome"), []));
        places.Add(new Place(Campus.Library, Shared(Campus.Library, "video-archive"), ",\"organization\":\"Library\",\"department\":\"Archive\""u8.ToArray()));
        return [.. Enumerable.Range(places.Count - campus.Sections.Count - 2, campus.Sections.Count + 2)];
    }

    private static byte[] Shared(int application, string subject) =>
        Encoding.UTF8.GetBytes($"\",\"subject\":\"{subject}\",\"data\":{{\"application\":\"{Campus.Applications[application]}\"");
}

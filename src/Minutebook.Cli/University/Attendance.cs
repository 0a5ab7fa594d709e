namespace Minutebook.Cli.University;

/// <summary>One class as it takes place.</summary>
/// <param name="Place">Index of its place.</param>
/// <param name="Start">Milliseconds since 1970.</param>
/// <param name="End">Milliseconds since 1970.</param>
/// <param name="Proctored">Everybody stays and sends a picture.</param>
internal readonly record struct Meeting(int Place, long Start, long End, bool Proctored)
{
    public int Length => (int)(End - Start);
}

/// <summary>What people do in a class: come late, lose the connection, come twice, leave without a word.</summary>
internal sealed class Attendance(Post post, ulong seed)
{
    private const int Second = 1_000;
    private const int Minute = 60 * Second;

    // Phone, laptop, large screen, 2K, 4K; the last two are rare.
    private static readonly int[] Pixels = [640 * 360, 1280 * 720, 1920 * 1080, 2560 * 1440, 3840 * 2160];

    private Dice dice = new(seed);

    public void Attend(in Meeting meeting, int user, Role role)
    {
        long join = meeting.Start + JoinOffset(meeting.Proctored);
        long leave = meeting.End + dice.Between(-2 * Minute, 30 * Second);
        if (!meeting.Proctored && dice.Chance(0.07))
        {
            leave = meeting.Start + (long)(meeting.Length * (0.2 + (dice.Below(70) / 100.0)));
        }

        if (leave <= join + Minute)
        {
            return;
        }

        Moment person = new() { Place = meeting.Place, User = user, Role = role, Variant = 1 };
        Stay(person, join, leave, meeting.Proctored);
        if (dice.Chance(0.03))
        {
            long second = join + dice.Below((int)(leave - join));
            Stay(person with { Variant = 9 }, second, leave, proctored: false);
        }
    }

    /// <summary>A robot that records: in the class for its whole length, and on the whiteboard.</summary>
    public void Record(in Meeting meeting, int robot)
    {
        Moment person = new() { Place = meeting.Place, User = robot, Role = Role.Recorder, Variant = 1 };
        post.Send(person with { Kind = Kind.Joined, Time = meeting.Start + (2 * Second) });
        post.Send(person with { Kind = Kind.JoinedWhiteboard, Time = meeting.Start + (2 * Second) + 40 });
        post.Send(person with { Kind = Kind.LeftWhiteboard, Time = meeting.End - 20 });
        post.Send(person with { Kind = Kind.Left, Time = meeting.End });
        long done = meeting.End + dice.Between(3 * Minute, 12 * Minute);
        Moment file = new()
        {
            Place = meeting.Place,
            Kind = Kind.Recorded,
            Time = done,
            Quantity = meeting.Length / Second,
            Variant = (byte)dice.Below(4),
        };
        int number = post.Send(file);
        if (dice.Chance(0.01))
        {
            // Reported once more under a new id by mistake, then taken back.
            int again = post.Send(file with { Time = done + (9 * Second) });
            post.Send(file with { Kind = Kind.Voided, Time = done + (5 * Minute), Quantity = Math.Max(again, number) });
        }
    }

    private int JoinOffset(bool proctored)
    {
        int offset = dice.Around(-4 * Minute, 5 * Minute);
        return !proctored && dice.Chance(0.06) ? offset + dice.Between(5 * Minute, 20 * Minute) : offset;
    }

    private void Stay(Moment person, long join, long leave, bool proctored)
    {
        bool again = dice.Chance(0.09);
        long cut = again ? join + dice.Below((int)(leave - join)) : leave;
        Connected(person, join, cut, proctored, leaveIsLost: again ? dice.Chance(0.3) : dice.Chance(0.012));
        if (again && cut + Minute < leave)
        {
            // A join on the same connection without a leave before it is a double join.
            byte connection = dice.Chance(0.5) ? person.Variant : (byte)(person.Variant == 1 ? 2 : 8);
            Connected(person with { Variant = connection }, cut + dice.Between(4 * Second, 50 * Second), leave, proctored, dice.Chance(0.012));
        }
    }

    private void Connected(in Moment person, long join, long leave, bool proctored, bool leaveIsLost)
    {
        post.Send(person with { Kind = Kind.Joined, Time = join });
        if (proctored || !dice.Chance(0.10))
        {
            int screen = proctored ? 1 : Screen(person.User);
            long from = join + dice.Between(Second, 4 * Second);
            post.Send(person with { Kind = Kind.Receiving, Time = from, Quantity = Pixels[screen] });
            if (!proctored && dice.Chance(0.28) && leave - from > Minute)
            {
                long shared = from + dice.Below((int)(leave - from));
                post.Send(person with { Kind = Kind.Receiving, Time = shared, Quantity = dice.Chance(0.3) ? 0 : Pixels[Math.Min(screen + 1, 3)] });
            }
        }

        if (dice.Chance(0.0008))
        {
            post.Send(person with { Kind = Kind.HandRaised, Time = join + ((leave - join) / 2) });
        }

        if (!leaveIsLost)
        {
            post.Send(person with { Kind = Kind.Left, Time = leave });
        }
    }

    private static int Screen(int user) => (user * 37 % 100) switch
    {
        < 24 => 0,
        < 74 => 1,
        < 95 => 2,
        < 99 => 3,
        _ => 4,
    };
}

using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>
/// A participant with many events is measured on from where it was measured before. What comes of it is what measuring all of it at
/// once says (rule 1.4), whatever comes in between: events of the same second or millisecond, late ones, ones ahead of their time, voids,
/// leaves that carry their join, a second connection, tiers, the class's start and end, other settings, restarts.
/// </summary>
public sealed class MeasuredOnLaws
{
    private const int Steps = 120;
    private static readonly long First = Story.Ms("2027-04-05T01:00:00Z");

    public static TheoryData<int> Seeds => [.. TestRun.Seeds(few: 100, many: 5_000)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Rule_1_4_looking_after_every_event_gives_what_looking_once_gives(int seed)
    {
        Desk looking = Run(seed, (desk, chance) =>
        {
            desk.Flush();
            if (chance.Next(40) == 0)
            {
                desk.Restart();
            }
        });
        Desk once = Run(seed, (_, _) => { });
        List<string> expected = once.Tables.Lines();
        List<string> actual = looking.Tables.Lines();
        Assert.True(
            expected.SequenceEqual(actual),
            $"seed {seed}:\n{string.Join('\n', expected.Except(actual).Select(line => "- " + line).Concat(actual.Except(expected).Select(line => "+ " + line)).Take(20))}");
    }

    [Fact]
    public void Rule_2_6_who_was_there_when_class_began_and_left_stays_a_user_whatever_comes_later()
    {
        Story story = new();
        Desk desk = new(story.Account, First - 86_400_000);
        desk.Put(First - 86_400_000, "app", new ReferenceSettings());
        string[] types = ["participant.joined", "class.started", "participant.left", "participant.left"];
        for (int i = 0; i < types.Length; i++)
        {
            long at = First + (i * 600_000);
            desk.Send(at, story.New(types[i], At(at), $"{i}") with { User = types[i] == "class.started" ? null : "ada" });
            desk.Flush();
        }

        Assert.Equal((1, 600), (desk.Tables.Classes.Values.Single().Users, (int)desk.Tables.Classes.Values.Single().Seconds));
    }

    /// <summary>The same events come at the same instants; after each, something is done that may not matter.</summary>
    private static Desk Run(int seed, Action<Desk, Random> afterEach)
    {
        var chance = new Random(seed);
        var other = new Random(seed);
        Story story = new();
        Desk desk = new(story.Account, First - (2 * 86_400_000L));
        bool isRoom = chance.Next(3) == 0;
        desk.Put(First - 86_400_000, "app", new ReferenceSettings { Metering = isRoom ? "room" : "class", ExcludeRoles = ["bot"] });
        (long now, long time) = (First, First);
        List<ReferenceEvent> sent = [];
        int begins = isRoom && chance.Next(2) == 0 ? Steps : chance.Next(3) == 0 ? chance.Next(Steps) : 0;
        int longPause = chance.Next(4 * Steps);
        for (int step = 0; step < Steps; step++)
        {
            time += chance.Next(6) switch { 0 => 0, 1 => chance.Next(3), 2 => chance.Next(1_500), 3 => chance.Next(900_000), _ => chance.Next(60_000) };
            time += step == longPause ? chance.Next(86_400_000) : 0;
            now = Math.Max(now + 1, time + chance.Next(2) * chance.Next(120_000));
            desk.AdvanceTo(now);
            if (step == begins)
            {
                Send(story.New("class.started", At(time), "started"));
            }

            Send(Next(story, chance, sent, time, step));
            if (chance.Next(300) == 0)
            {
                desk.Put(++now, "app", new ReferenceSettings { Metering = "room", DefaultTier = "hd", ExcludeRoles = ["bot"] });
            }
        }

        if (chance.Next(2) == 0)
        {
            Send(story.New("class.ended", At(time), "ended"));
        }

        desk.Flush();
        return desk;

        void Send(ReferenceEvent e)
        {
            desk.Send(now, e);
            sent.Add(e);
            afterEach(desk, other);
        }
    }

    private static ReferenceEvent Next(Story story, Random chance, List<ReferenceEvent> sent, long time, int step)
    {
        string user = chance.Next(4) == 0 ? "other" : "ada";
        string id = $"{step:000}";
        long happened = chance.Next(25) switch { 0 => time - chance.Next(3_600_000), 1 => time + chance.Next(300_000), _ => time };
        if (sent.Count > 0 && chance.Next(30) == 0)
        {
            ReferenceEvent target = sent[chance.Next(sent.Count)];
            return story.New("event.voided", At(time), id) with { Subject = null, TargetSource = target.Source, TargetId = target.Id };
        }

        ReferenceEvent its = chance.Next(200) switch
        {
            0 => story.New("class.ended", At(happened), id),
            1 => story.New("class.started", At(happened), id),
            2 => story.New("participant.receiving", At(happened), id) with { User = user, Pixels = chance.Next(3_000_000) },
            < 100 => story.New("participant.joined", At(happened), id) with { User = user, Role = chance.Next(20) == 0 ? "bot" : null },
            _ => story.New("participant.left", At(happened), id) with
            {
                User = user,
                JoinedAtMs = chance.Next(20) == 0 ? happened - chance.Next(1_000_000) : null,
            },
        };
        return its.User is not null && chance.Next(300) == 0 ? its with { Connection = "second" } : its;
    }

    private static string At(long ms) => InstantPattern.ExtendedIso.Format(Instant.FromUnixTimeMilliseconds(ms));
}

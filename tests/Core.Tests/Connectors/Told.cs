using Minutebook.Connectors;
using Minutebook.Core.Events;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Connectors;

/// <summary>A TRTC installation that posts to one application, with the connector's memory.</summary>
internal sealed class Told
{
    public ConnectorMemory Memory { get; private set; } = new();

    public static string Body(int type, long atMs, string? user, string room = "room", long callbackTs = 0) =>
        $$$"""{"EventGroupId":1,"EventType":{{{type}}},"CallbackTs":{{{callbackTs}}},"EventInfo":{"RoomId":"{{{room}}}","EventTs":{{{atMs / 1000}}},"EventMsTs":{{{atMs}}}{{{(user is null ? "" : $",\"UserId\":\"{user}\"")}}},"Role":20,"Reason":1}}""";

    public IReadOnlyList<UsageEvent> Tell(int type, long atMs, string? user = null, string room = "room", long callbackTs = 0) =>
        Post(Body(type, atMs, user, room, callbackTs));

    public IReadOnlyList<UsageEvent> Post(string body) => Posted.Events("trtc", Posted.Trtc(body), Memory);

    /// <summary>What a restart leaves: the notes and nothing else.</summary>
    public void Restart() => Memory = new ConnectorMemory([.. Memory.Notes]);
}

/// <summary>Rules 2.1 to 2.4, as directly as they can be written, for a handful of events.</summary>
internal static class Rules
{
    public static string ClassOf(UsageEvent happened) => happened switch
    {
        UsageEvent.ClassStarted started => started.Class,
        UsageEvent.ClassEnded ended => ended.Class,
        UsageEvent.ParticipantJoined joined => joined.Class,
        UsageEvent.ParticipantLeft left => left.Class,
        UsageEvent.RecordingCompleted recorded => recorded.Class,
        _ => throw new ArgumentOutOfRangeException(nameof(happened)),
    };

    /// <summary>All seconds of presence in all classes; a class without an end lasts 24 hours.</summary>
    public static long PresenceSeconds(IEnumerable<UsageEvent> events) =>
        Counting(events).DistinctBy(happened => (happened.Source, happened.Id)).GroupBy(ClassOf).Sum(PresenceInClass);

    /// <summary>Those that are not voided, nor voids (rule 1.6).</summary>
    public static IEnumerable<UsageEvent> Counting(IEnumerable<UsageEvent> events)
    {
        UsageEvent[] all = [.. events];
        HashSet<(string, string)> voided = [.. all.OfType<UsageEvent.EventVoided>().Select(its => (its.TargetSource, its.TargetId))];
        return all.Where(happened => happened is not UsageEvent.EventVoided && !voided.Contains((happened.Source, happened.Id)));
    }

    private static long PresenceInClass(IEnumerable<UsageEvent> events)
    {
        UsageEvent[] all = [.. events];
        Instant[] starts = [.. all.OfType<UsageEvent.ClassStarted>().Select(happened => happened.Time).Order()];
        if (starts.Length == 0)
        {
            return 0;
        }
        Instant start = starts[0];
        Instant end = all.OfType<UsageEvent.ClassEnded>().Select(happened => happened.Time).Where(time => time >= start)
            .Append(start + Duration.FromHours(24)).Min();
        return all.OfType<UsageEvent.ParticipantJoined>().Select(joined => (joined.User, joined.Connection))
            .Concat(all.OfType<UsageEvent.ParticipantLeft>().Select(left => (left.User, left.Connection))).Distinct()
            .Sum(who => Stays(all, who).Sum(stay => Clipped(stay, start, end)));
    }

    private static IEnumerable<(Instant From, Instant To)> Stays(UsageEvent[] all, (string User, string Connection) who)
    {
        Instant? open = null;
        foreach (UsageEvent happened in all.OrderBy(happened => happened.Time))
        {
            if (happened is UsageEvent.ParticipantJoined joined && (joined.User, joined.Connection) == who)
            {
                open ??= joined.Time;
            }
            else if (happened is UsageEvent.ParticipantLeft left && (left.User, left.Connection) == who && (open ?? left.JoinedAt) is { } from)
            {
                yield return (from, left.Time);
                open = null;
            }
        }
        if (open is { } last)
        {
            yield return (last, last + Duration.FromHours(24));
        }
    }

    private static long Clipped((Instant From, Instant To) stay, Instant start, Instant end)
    {
        long from = Instant.Max(stay.From, start).ToUnixTimeSeconds(), to = Instant.Min(stay.To, end).ToUnixTimeSeconds();
        return Math.Max(0, to - from);
    }
}

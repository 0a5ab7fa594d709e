using System.Globalization;
using System.Numerics;
using Minutebook.Reference;

namespace Minutebook.Core.Tests.Reference;

/// <summary>A small history told in order: one application "app", one class "c", everything arriving at once at the end.</summary>
internal sealed class Story(string zone = "Asia/Shanghai", ReferenceSettings? settings = null)
{
    private readonly List<SettingsAt> made = [new(long.MinValue / 2, settings ?? new ReferenceSettings())];
    private readonly List<ReferenceEvent> events = [];
    private readonly List<Arrival> arrivals = [];

    public ReferenceAccount Account { get; set; } = new(zone, LateDays: 36_500);

    public List<SectionAt> Sections { get; } = [];

    public static long Ms(string instant) =>
        DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds();

    public ReferenceEvent New(string type, string time, string? id = null) => new()
    {
        Source = "//story",
        Id = id ?? $"{events.Count + arrivals.Count:000}",
        Type = type,
        TimeMs = Ms(time),
        Application = "app",
        Subject = "c",
    };

    public Story Add(ReferenceEvent e)
    {
        events.Add(e);
        return this;
    }

    public Story Setting(string at, ReferenceSettings changed)
    {
        made.Add(new SettingsAt(Ms(at), changed));
        return this;
    }

    public Story Started(string time) => Add(New("class.started", time));

    public Story Ended(string time) => Add(New("class.ended", time));

    public Story Joined(string time, string user, string connection = "", string? role = null, string medium = "av") =>
        Add(New("participant.joined", time) with { User = user, Connection = connection, Role = role, Medium = medium });

    public Story Left(string time, string user, string connection = "", string? joinedAt = null, string medium = "av") =>
        Add(New("participant.left", time) with
        {
            User = user,
            Connection = connection,
            Medium = medium,
            JoinedAtMs = joinedAt is null ? null : Ms(joinedAt),
        });

    public Story Receiving(string time, string user, long pixels, string connection = "") =>
        Add(New("participant.receiving", time) with { User = user, Connection = connection, Pixels = pixels });

    public Story Arrives(string at, ReferenceEvent? e)
    {
        arrivals.Add(new Arrival(Ms(at), e));
        return this;
    }

    public Expected At(string now) => new(HistoryAt(now), Ms(now));

    public ReferenceHistory HistoryAt(string now) => new(
        Account, [new ReferenceApplication("app", made)], Sections, [.. events.Select(e => new Arrival(Ms(now), e)), .. arrivals]);
}

internal static class ExpectedQuestions
{
    public static long Total(this Expected expected, string meter, string dimensions = "") =>
        (long)expected.Usage.Where(u => u.Key.Meter == meter && u.Key.Dimensions.Contains(dimensions, StringComparison.Ordinal))
            .Aggregate(BigInteger.Zero, (sum, u) => sum + u.Value);

    public static long InHour(this Expected expected, string meter, string hour) =>
        (long)expected.Usage.Where(u => u.Key.Meter == meter && u.Key.HourMs == Story.Ms(hour))
            .Aggregate(BigInteger.Zero, (sum, u) => sum + u.Value);
}

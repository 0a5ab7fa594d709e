using System.Security.Cryptography;
using System.Text;
using Minutebook.Engine;
using Xunit;

namespace Minutebook.Engine.Tests;

public sealed class TracedEventsTests
{
    [Fact]
    public void However_many_events_a_line_has_they_come_in_pages_by_time_source_and_id_and_have_one_digest()
    {
        var chance = new Random(7);
        TracedEvent[] all =
        [
            .. Enumerable.Range(0, 5_000).Select(i =>
            {
                long time = chance.Next(500);
                string source = chance.Next(2) == 0 ? "上" : "z";
                return new TracedEvent(time, time + i, source, $"{i}", i % 3 == 0 ? null : "", Encoding.UTF8.GetBytes($$"""{"id":"{{i}}"}"""));
            }),
        ];
        // By UTF-8, in which 上 comes after z.
        TracedEvent[] inOrder = [.. all.OrderBy(one => one.Time).ThenBy(one => one.Source == "上").ThenBy(one => one.Id, StringComparer.Ordinal)];

        using TracedEvents events = TracedEvents.Of(all);

        Assert.Equal(inOrder.Select(Told), Enumerable.Range(0, 50).SelectMany(page => events.Some(page * 100, 100)).Select(Told));
        Assert.Empty(events.Some(5_000, 10));
        string lines = string.Concat(inOrder.Select(one => Encoding.UTF8.GetString(one.Json) + "\n"));
        Assert.Equal($"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines)))}", events.Digest);
        using TracedEvents again = TracedEvents.Of(all.Reverse());
        Assert.Equal(events.Digest, again.Digest);
    }

    [Fact]
    public void A_line_without_events_has_the_digest_of_nothing()
    {
        using TracedEvents none = TracedEvents.Of([]);

        Assert.Equal((0, $"sha256:{Convert.ToHexStringLower(SHA256.HashData([]))}"), (none.Count, none.Digest));
    }

    [Fact]
    public void No_file_of_them_can_be_found_by_its_name()
    {
        using TracedEvents events = TracedEvents.Of([new TracedEvent(1, 2, "s", "i", "ann", "{}"u8.ToArray())]);

        Assert.Empty(Directory.EnumerateFiles(Path.GetTempPath(), "minutebook-events-*"));
        Assert.Equal("ann", Assert.Single(events.Some(0, 10)).User);
    }

    private static string Told(TracedEvent its) => $"{its.Time} {its.ReceivedAt} {its.Source} {its.Id} {its.User is null} {Encoding.UTF8.GetString(its.Json)}";
}

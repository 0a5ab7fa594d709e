using System.Text.Json;
using Minutebook.Cli.Importing;
using Minutebook.Cli.University;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.CommandLine;

public sealed class TermTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 20, 18, 30);

    [Fact]
    public void The_same_seed_and_now_give_the_same_bytes_and_another_seed_others()
    {
        Assert.Equal(Bytes(seed: 7), Bytes(seed: 7));
        Assert.NotEqual(Bytes(seed: 7), Bytes(seed: 8));
    }

    [Fact]
    public void No_event_is_ahead_of_the_clock_that_it_is_posted_at()
    {
        Term term = new(20_000, 3, Now);
        Instant before = term.Dates.Start;
        while (term.NextDay())
        {
            Assert.InRange(term.Clock, before, Now);
            before = term.Clock;
            Assert.All(Events(term), happened => Assert.True(happened.GetProperty("time").GetDateTimeOffset() <= term.Clock.ToDateTimeOffset()));
        }

        Assert.Equal(Now, term.Clock);
    }

    [Fact]
    public void A_term_has_about_the_events_asked_for_with_duplicates_and_what_is_set_aside_among_them()
    {
        List<JsonElement> events = [];
        Term term = new(100_000, 1, Now);
        while (term.NextDay())
        {
            events.AddRange(Events(term));
        }

        Assert.InRange(events.Count, 85_000, 115_000);
        Assert.InRange(events.Count - events.DistinctBy(Identity).Count(), 500, 2_000);
        string?[] types = [.. events.Select(happened => happened.GetProperty("type").GetString()).Distinct()];
        Assert.All(
            ["participant.joined", "participant.left", "recording.completed", "content.delivered", "participant.hand-raised"],
            type => Assert.Contains(type, types));
        Assert.Contains(events, happened => happened.GetProperty("time").GetDateTimeOffset() < term.Dates.Start.ToDateTimeOffset());
    }

    [Fact]
    public void The_last_batch_of_the_last_day_waits_until_it_shows()
    {
        Term term = new(5_000, 1, Now);
        List<bool> waits = [];
        Batch batch = new();
        while (term.NextDay())
        {
            while (term.Fill(batch))
            {
                waits.Add(batch.Wait);
            }
        }

        Assert.True(waits[^1]);
        Assert.Single(waits, wait => wait);
    }

    private static (string?, string?) Identity(JsonElement happened) => (happened.GetProperty("source").GetString(), happened.GetProperty("id").GetString());

    private static List<JsonElement> Events(Term term)
    {
        List<JsonElement> events = [];
        Batch batch = new();
        while (term.Fill(batch))
        {
            Utf8JsonReader reader = new(batch.Lines.Span, new JsonReaderOptions { AllowMultipleValues = true });
            while (reader.Read())
            {
                events.Add(JsonElement.ParseValue(ref reader));
            }
        }

        return events;
    }

    private static byte[] Bytes(ulong seed)
    {
        Term term = new(10_000, seed, Now);
        using MemoryStream all = new();
        Batch batch = new();
        while (term.NextDay())
        {
            while (term.Fill(batch))
            {
                all.Write(batch.Lines.Span);
            }
        }

        return all.ToArray();
    }
}

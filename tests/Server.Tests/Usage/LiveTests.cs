using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Usage;

/// <summary>Server-sent events of live figures.</summary>
public sealed class LiveTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_stream_tells_the_figures_at_once_and_whenever_they_change()
    {
        await using School school = await School.OpenAsync();
        using var stream = await Stream.OpenAsync(school, lastEventId: "12345");

        Assert.Equal(0, (await stream.NextAsync()).GetProperty("counters").GetProperty("events").GetInt32());
        await school.PostAsync(school.Lesson("a", 0, 600));
        JsonElement figures = await stream.NextAsync();

        Assert.Equal((600, 0), (figures.GetProperty("today").GetProperty("av").GetInt32(), figures.GetProperty("present").GetInt32()));
        Assert.Equal("text/event-stream", stream.ContentType);
    }

    [Fact]
    public async Task Present_users_count_by_the_clock()
    {
        await using School school = await School.OpenAsync(School.Nine);
        await school.PostAsync([.. school.Lesson("a", 0, 600).SkipLast(1)]);
        using var stream = await Stream.OpenAsync(school);

        Assert.Equal(1, (await stream.NextAsync()).GetProperty("present").GetInt32());
        await school.Served.MoveClockAsync(School.Nine + Duration.FromSeconds(90));
        Assert.Equal(90, (await stream.NextAsync()).GetProperty("today").GetProperty("av").GetInt32());
    }

    [Fact]
    public async Task There_are_so_many_streams_and_no_more_and_who_goes_makes_room()
    {
        await using School school = await School.OpenAsync();
        List<Stream> streams = [];
        for (int i = 0; i < LiveFeeds.MostOfAccount; i++)
        {
            streams.Add(await Stream.OpenAsync(school));
            await streams[^1].NextAsync();
        }

        await Served.ProblemAsync(await school.Served.Client.GetAsync("/v1/accounts/school/live"), 429, "rate-limited");
        streams.ForEach(stream => stream.Dispose());
        Stream? again = null;
        for (long until = Environment.TickCount64 + (long)Patience.TotalMilliseconds; again is null && Environment.TickCount64 < until;)
        {
            // Their ends are noticed when something is written to them next.
            await school.PostAsync(school.Event("class.started", 0, "x"));
            again = await Stream.TryOpenAsync(school);
        }

        Assert.NotNull(again);
        again.Dispose();
        await Served.ProblemAsync(await school.Served.Client.GetAsync("/v1/accounts/none/live"), 404, "not-found");
    }

    [Fact]
    public async Task A_stream_ends_when_its_key_is_revoked()
    {
        await using School school = await School.OpenAsync();
        (string id, string key) = await school.Served.MakeAsync(new { name = "console", role = "account", account = "school" });
        using var stream = await Stream.OpenAsync(school, key: key);
        await stream.NextAsync();

        Assert.True((await school.Served.Client.DeleteAsync($"/v1/keys/{id}")).IsSuccessStatusCode);
        var clock = System.Diagnostics.Stopwatch.StartNew();

        // Nothing changes and no heartbeat is due: the end of the key is enough.
        Assert.True(await stream.IsOverAsync());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public async Task A_stream_ends_when_the_server_stops()
    {
        await using School school = await School.OpenAsync();
        using var stream = await Stream.OpenAsync(school);
        await stream.NextAsync();
        var clock = System.Diagnostics.Stopwatch.StartNew();

        await school.Served.StopAsync();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"It took {clock.Elapsed}.");
        Assert.True(await stream.IsOverAsync());
    }

    private sealed class Stream(HttpClient client, HttpResponseMessage answer, StreamReader reader) : IDisposable
    {
        public string? ContentType => answer.Content.Headers.ContentType?.MediaType;

        public static async Task<Stream> OpenAsync(School school, string? lastEventId = null, string? key = null) =>
            await TryOpenAsync(school, lastEventId, key) ?? throw new InvalidOperationException("There is no room.");

        public static async Task<Stream?> TryOpenAsync(School school, string? lastEventId = null, string? key = null)
        {
            var client = new HttpClient { BaseAddress = school.Served.Client.BaseAddress };
            client.DefaultRequestHeaders.Authorization =
                key is null ? school.Served.Client.DefaultRequestHeaders.Authorization : new("Bearer", key);
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/accounts/school/live");
            if (lastEventId is not null)
            {
                request.Headers.Add("Last-Event-ID", lastEventId);
            }

            HttpResponseMessage answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (!answer.IsSuccessStatusCode)
            {
                client.Dispose();
                return null;
            }

            return new Stream(client, answer, new StreamReader(await answer.Content.ReadAsStreamAsync()));
        }

        /// <summary>The next figures.</summary>
        public async Task<JsonElement> NextAsync()
        {
            using var over = new CancellationTokenSource(Patience);
            while (await reader.ReadLineAsync(over.Token) is { } line)
            {
                if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    return JsonSerializer.Deserialize<JsonElement>(line["data: ".Length..]);
                }
            }

            throw new InvalidOperationException("The stream is over.");
        }

        public async Task<bool> IsOverAsync()
        {
            using var over = new CancellationTokenSource(Patience);
            try
            {
                while (await reader.ReadLineAsync(over.Token) is not null)
                {
                }
            }
            catch (Exception broken) when (broken is IOException or HttpRequestException)
            {
                return true;
            }

            return true;
        }

        public void Dispose()
        {
            reader.Dispose();
            answer.Dispose();
            client.Dispose();
        }
    }
}

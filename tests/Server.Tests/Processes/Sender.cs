using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Xunit;

namespace Minutebook.Server.Tests.Processes;

/// <summary>What an application must have used.</summary>
internal readonly record struct Tally(long Bytes, long Seconds, long Events, long Duplicates)
{
    public static Tally operator +(Tally a, Tally b) =>
        new(a.Bytes + b.Bytes, a.Seconds + b.Seconds, a.Events + b.Events, a.Duplicates + b.Duplicates);
}

/// <summary>A sender's application, of an account.</summary>
internal sealed record Told(string Account, string Application);

/// <summary>
/// Posts batches one after the other, sends again what was not answered, mixes in what it sent long ago, and knows what must count. Its
/// batches are for all of its applications, which may be of several accounts: all of a batch counts, or nothing.
/// </summary>
internal sealed class Sender(int number, IReadOnlyList<Told> applications, DateTimeOffset start, Random chance)
{
    private const int Remembered = 400;

    private readonly List<(int Application, string Json)> sent = [];
    private readonly Tally[] answered = new Tally[applications.Count];
    private Batch? unanswered;
    private int next;

    /// <summary>A request's events, and what they add for each application the first time they are taken.</summary>
    private sealed record Batch(byte[] Body, IReadOnlyList<(int Application, string Json)> Events, IReadOnlyList<Tally> Adds)
    {
        /// <summary>It was taken, though not answered: when it is sent again, all of it has come before.</summary>
        public bool IsTaken { get; set; }

        /// <summary>And it was sent again since, without an answer.</summary>
        public bool IsSentAgain { get; set; }

        /// <summary>What it adds when it comes again.</summary>
        public IReadOnlyList<Tally> Repeats => [.. Adds.Select((_, i) => new Tally(0, 0, 0, Events.Count(one => one.Application == i)))];
    }

    public IReadOnlyList<Told> Applications => applications;

    public Tally Of(int application) => answered[application];

    /// <summary>Requests that were answered.</summary>
    public int Answers { get; private set; }

    /// <summary>Duplicates of each application that may have counted or not: usage does not tell.</summary>
    public IReadOnlyList<Tally>? Doubtful => unanswered is { IsTaken: true, IsSentAgain: true } batch ? batch.Repeats : null;

    /// <summary>Says whether what was doubtful has counted.</summary>
    public void Resolve(bool counted)
    {
        Batch batch = unanswered!;
        batch.IsSentAgain = false;
        Add(counted ? batch.Repeats : []);
    }

    /// <summary>Sends until the server goes away, or <paramref name="stop"/>, and then to the end of what was begun.</summary>
    public async Task RunAsync(HttpClient client, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (!await SendAsync(client))
            {
                return;
            }

            // Enough load to be killed in the midst of it; more would only make every replay longer.
            await Task.Delay(chance.Next(0, 12), CancellationToken.None);
        }
    }

    /// <summary>What was not answered is sent again, until it is.</summary>
    public async Task FinishAsync(HttpClient client)
    {
        while (unanswered is not null)
        {
            Assert.True(await SendAsync(client), $"Sender {number}: the server went away.");
        }
    }

    /// <summary>After a restart: what counts is what was answered, and what was under way either whole or not at all.</summary>
    /// <param name="shown">Bytes and seconds of each application.</param>
    public void Settle(IReadOnlyList<(long Bytes, long Seconds)> shown)
    {
        (long, long)[] without = [.. answered.Select(tally => (tally.Bytes, tally.Seconds))];
        if (shown.SequenceEqual(without))
        {
            return;
        }

        Batch? batch = unanswered;
        (long, long)[] with = batch is null || batch.IsTaken
            ? without
            : [.. answered.Zip(batch.Adds, (tally, adds) => (tally.Bytes + adds.Bytes, tally.Seconds + adds.Seconds))];
        Assert.True(
            shown.SequenceEqual(with),
            $"Sender {number}: answered for {string.Join(' ', without)}, with what was under way {string.Join(' ', with)}, but shown are {string.Join(' ', shown)}.");
        Take(batch!);
        batch!.IsTaken = true;
    }

    private async Task<bool> SendAsync(HttpClient client)
    {
        Batch batch = unanswered ??= Make();
        batch.IsSentAgain = batch.IsTaken;
        using var request = new HttpRequestMessage(HttpMethod.Post, chance.Next(6) == 0 ? "/v1/events?wait=true" : "/v1/events")
        {
            Content = new ByteArrayContent(batch.Body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        if (chance.Next(4) == 0)
        {
            request.Content = new ByteArrayContent(Packed.Gzip(batch.Body)) { Headers = { ContentType = new("application/x-ndjson"), ContentEncoding = { "gzip" } } };
        }

        try
        {
            using HttpResponseMessage response = await client.SendAsync(request);
            string answer = await response.Content.ReadAsStringAsync();
            Assert.Equal((HttpStatusCode.Accepted, $"{{\"accepted\":{batch.Events.Count}}}"), (response.StatusCode, answer));
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException)
        {
            return false;
        }

        Answered(batch);
        return true;
    }

    private void Answered(Batch batch)
    {
        Answers++;
        unanswered = null;
        if (batch.IsTaken)
        {
            Add(batch.Repeats);
            return;
        }

        Take(batch);
    }

    private void Add(IReadOnlyList<Tally> tallies)
    {
        for (int i = 0; i < tallies.Count; i++)
        {
            answered[i] += tallies[i];
        }
    }

    private void Take(Batch batch)
    {
        Add(batch.Adds);
        sent.AddRange(batch.Events);
        sent.RemoveRange(0, Math.Max(0, sent.Count - Remembered));
    }

    private Batch Make()
    {
        List<(int Application, string Json)> events = [];
        Tally[] adds = new Tally[applications.Count];
        for (int application = 0; application < applications.Count; application++)
        {
            if (answered[application].Events == 0)
            {
                events.Add((application, Event(application, "class.started", start, "\"name\":\"All day\"")));
                adds[application] += new Tally(0, 0, 1, 0);
            }

            for (int i = chance.Next(1, 20); i > 0; i--)
            {
                adds[application] += chance.Next(3) == 0 ? AddStay(events, application) : AddDelivery(events, application);
            }
        }

        for (int i = chance.Next(3) == 0 ? chance.Next(1, 10) : 0; i > 0; i--)
        {
            // Of what was answered for, and of this batch itself.
            (int Application, string Json) again = sent.Count > 0 && chance.Next(2) == 0 ? sent[chance.Next(sent.Count)] : events[chance.Next(events.Count)];
            events.Add(again);
            adds[again.Application] += new Tally(0, 0, 0, 1);
        }

        return new Batch(Encoding.UTF8.GetBytes(string.Concat(events.Select(one => one.Json + "\n"))), events, adds);
    }

    private Tally AddDelivery(List<(int, string)> events, int application)
    {
        long bytes = chance.NextInt64(1, 1L << 40);
        events.Add((application, Event(application, "content.delivered", At(), $"\"bytes\":{bytes},\"kind\":\"live\"")));
        return new Tally(bytes, 0, 1, 0);
    }

    private Tally AddStay(List<(int, string)> events, int application)
    {
        int seconds = chance.Next(1, 3000);
        DateTimeOffset from = At();
        string who = $"\"user\":\"{number}-{next}\"";
        events.Add((application, Event(application, "participant.joined", from, who)));
        events.Insert(chance.Next(events.Count), (application, Event(application, "participant.left", from.AddSeconds(seconds), who)));
        return new Tally(0, seconds, 2, 0);
    }

    private DateTimeOffset At() => start.AddSeconds(chance.Next(8 * 3600));

    private string Event(int application, string type, DateTimeOffset time, string data) =>
        $"{{\"specversion\":\"1.0\",\"id\":\"{number}-{next++}\",\"source\":\"//senders\",\"type\":\"{type}\","
        + $"\"time\":\"{time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}\",\"subject\":\"class-{number}\","
        + $"\"data\":{{\"application\":\"{applications[application].Application}\",{data}}}}}";
}

using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Browser.Tests;

/// <summary>A second account, where classes run: a seminar that is over, a lecture of many that goes on, and what became of them.</summary>
public sealed partial class School
{
    /// <summary>Until when events have come; the clock is there.</summary>
    private Instant collegeClock = Instant.FromUtc(2026, 11, 3, 12, 0);
    private int collegeEvents;

    /// <summary>Posts an event of the college, and waits until it shows.</summary>
    internal Task TellAsync(params (string Type, string Time, string? Subject, object Data)[] events) => served.DoAsync(
        HttpMethod.Post, "/v1/events?wait=true",
        events.Select(one => new
        {
            specversion = "1.0",
            source = "college",
            id = $"c{Interlocked.Increment(ref collegeEvents)}",
            type = one.Type,
            time = one.Time,
            subject = one.Subject,
            data = one.Data,
        }).ToArray());

    /// <summary>Lets time pass.</summary>
    internal Task PassAsync(Duration time)
    {
        collegeClock += time;
        return served.MoveClockAsync(collegeClock);
    }

    /// <summary>Posts as another system does, without a key.</summary>
    internal async Task PostAsync(string path, string body)
    {
        using var client = new HttpClient { BaseAddress = new Uri(Address) };
        using HttpResponseMessage answer = await client.PostAsync(path, new StringContent(body, null, "application/json"));
    }

    internal string Now => InstantPattern.ExtendedIso.Format(collegeClock);

    /// <summary>What the API answers.</summary>
    internal async Task<JsonElement> AskAsync(string path) => await served.Client.GetFromJsonAsync<JsonElement>(path);

    private async Task OpenCollegeAsync()
    {
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/college", new
        {
            name = "A College",
            currency = "USD",
            timeZone = "Europe/Berlin",
            rateCard = "school",
        });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/college/applications/labs", new { name = "Laboratories", defaultTier = "hd" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/college/applications/theory", new { name = "Theory" });
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/college/topups", new { amount = "500.00", currency = "USD", reference = "c bank 1" });
        await TellAsync([.. Seminar(), .. Lecture()]);
    }

    /// <summary>Half an hour: Ada all along, Ben with a gap, a robot that records; a recording, and somebody who watched it.</summary>
    private static IEnumerable<(string, string, string?, object)> Seminar()
    {
        string At(int minute) => $"2026-11-03T09:{minute:D2}:00Z";
        const string Class = "seminar";
        yield return ("class.started", At(0), Class, new { application = "labs", name = "Seminar on gaps" });
        yield return ("participant.joined", At(0), Class, new { application = "labs", user = "ada", role = "teacher" });
        yield return ("participant.receiving", At(10), Class, new { application = "labs", user = "ada", pixels = 2_000_000 });
        yield return ("participant.joined", At(0), Class, new { application = "labs", user = "ben", role = "student" });
        yield return ("participant.left", At(10), Class, new { application = "labs", user = "ben", role = "student" });
        yield return ("participant.joined", At(20), Class, new { application = "labs", user = "ben", role = "student" });
        yield return ("participant.joined", At(5), Class, new { application = "labs", user = "ada", role = "teacher", medium = "whiteboard" });
        yield return ("participant.left", At(15), Class, new { application = "labs", user = "ada", role = "teacher", medium = "whiteboard" });
        yield return ("class.ended", At(30), Class, new { application = "labs" });
        yield return ("recording.completed", At(35), Class, new
        {
            application = "labs",
            recording = "rec-7",
            files = new object[] { new { kind = "camera", seconds = 1800, user = "ada", bytes = 90_000_000 }, new { kind = "screen", seconds = 1200 } },
        });
        yield return ("playback.viewed", At(50), Class, new { application = "labs", recording = "rec-7", user = "cyd", seconds = 600 });
    }

    /// <summary>250 people, since eleven, and nobody has left yet.</summary>
    private static IEnumerable<(string, string, string?, object)> Lecture()
    {
        yield return ("class.started", "2026-11-03T11:00:00Z", "hall", new { application = "theory", name = "Lecture in the hall" });
        for (int number = 0; number < 250; number++)
        {
            string user = "p" + number.ToString("D3", CultureInfo.InvariantCulture);
            yield return ("participant.joined", $"2026-11-03T11:{number % 30:D2}:00Z", "hall", new { application = "theory", user, role = number == 0 ? "teacher" : "student" });
        }
    }
}

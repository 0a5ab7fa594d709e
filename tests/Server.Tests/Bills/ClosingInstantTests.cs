using System.Net.Http.Json;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

/// <summary>What happens at the very instant of a close, or in the group of the journal that brings it.</summary>
public sealed class ClosingInstantTests : IAsyncLifetime
{
    private static readonly Instant Noon = Instant.FromUtc(2027, 1, 2, 12, 0);
    private Served served = null!;

    public async Task InitializeAsync()
    {
        served = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0));
        object rate = new { id = "play", meter = "playback", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "participant", per = 1, price = "1.00" };
        object shot = new { id = "shot", meter = "screenshot", period = "day", unit = new { name = "sheet", size = 1 }, roundUp = "period", per = 1, price = "1.00" };
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/by-user/versions/2027-01-01", new { currency = "USD", rates = (object[])[rate, shot], packages = Array.Empty<object>() });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC", rateCard = "by-user" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/app", new { name = "App" });
        await served.MoveClockAsync(Noon);
        // Of one user a second, which is a minute; of the other 121, which are three.
        await PostAsync(View("1", "v", 1), View("2", "u", 60), View("3", "u", 61));
    }

    public async Task DisposeAsync() => await served.DisposeAsync();

    [Fact]
    public async Task Rules_4_1_and_6_1_a_close_that_a_shorter_delay_brings_has_its_pages_whatever_else_its_group_has()
    {
        await served.MoveClockAsync(Instant.FromUtc(2027, 1, 3, 0, 46));
        await served.StopAsync();
        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = served.Data, Postgres = Testing.TestStore.PostgresOf(served.Data) });
        int shard = store.ShardOf("school");
        var fold = new Fold(store, shard);
        fold.Open();
        var batch = new EventBatch();
        batch.Add(new UsageEvent.ClassStarted("//s", "4", Instant.FromUtc(2027, 1, 3, 0, 45), "app", "other"));

        fold.Begin(fold.Position + 1, Instant.FromUtc(2027, 1, 3, 0, 46).ToUnixTimeMilliseconds());
        Assert.Null(fold.Take(new Command.PutAccount("school", null, null, null, SettleDelayMinutes: 0)).Refusal);
        fold.Take("school", batch, null);
        fold.End();
        var changes = new Changes();
        fold.Flush(changes);

        BillRow row = Assert.Single(changes.Bills);
        Assert.Equal("school-D-2027-01-02", row.Number);
        Assert.Equal(4, Assert.Single(BillReader.Read(System.Text.Encoding.UTF8.GetString(row.Json)).Lines).Units);
        fold.LetGo();
        fold.Abandon();
    }

    [Fact]
    public async Task Rules_1_5_and_1_6_a_void_whose_time_comes_with_the_close_is_no_part_of_the_bill_and_of_its_explanation()
    {
        await served.MoveClockAsync(Instant.FromUtc(2027, 1, 3, 1, 58));
        await PostAsync(new
        {
            specversion = "1.0",
            id = "void",
            source = "//s",
            type = "event.voided",
            time = "2027-01-03T02:00:00Z",
            data = new { application = "app", source = "//s", id = "1" },
        });
        await served.MoveClockAsync(Instant.FromUtc(2027, 1, 3, 3, 0));
        await served.RestartAsync();

        JsonElement line = await served.GetAsync("/v1/bills/school-D-2027-01-02/lines/1/explain");
        Assert.Equal("3", line.GetProperty("billLine").GetProperty("units").GetString());
        Assert.True(line.GetProperty("agrees").GetBoolean(), line.GetRawText());
        Assert.Equal(2, line.GetProperty("events").GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Rules_1_5_and_1_7_what_an_edition_of_later_unlocks_is_no_part_of_the_explanation_of_what_was_billed_before_it_was_tried_again()
    {
        await PostAsync(Shot("ahead", "2027-01-02T12:03:00Z"));
        await served.MoveClockAsync(Noon + Duration.FromMinutes(1));
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/app", new { edition = "trial" });
        await served.MoveClockAsync(Noon + Duration.FromMinutes(5));
        await PostAsync(Shot("counts", "2027-01-02T12:04:00Z"));
        await served.MoveClockAsync(Instant.FromUtc(2027, 1, 3, 3, 0));
        await served.DoAsync(HttpMethod.Post, "/v1/events/rejected/reapply", new { account = "school" });
        await served.MoveClockAsync(Instant.FromUtc(2027, 1, 4, 3, 0));
        await served.RestartAsync();

        JsonElement first = await served.GetAsync("/v1/bills/school-D-2027-01-02/lines/2/explain"), adjustment = await served.GetAsync("/v1/bills/school-D-2027-01-03/lines/1/explain");
        Assert.Equal(("1", "1"), (first.GetProperty("billLine").GetProperty("units").GetString(), adjustment.GetProperty("billLine").GetProperty("units").GetString()));
        Assert.True(first.GetProperty("agrees").GetBoolean(), first.GetRawText());
        Assert.True(adjustment.GetProperty("agrees").GetBoolean(), adjustment.GetRawText());
    }

    private static object Shot(string id, string time) => new
    {
        specversion = "1.0",
        id,
        source = "//s",
        type = "screenshot.captured",
        subject = "c",
        time,
        data = new { application = "app", count = 1 },
    };

    private async Task PostAsync(params object[] events)
    {
        using HttpResponseMessage posted = await served.Client.PostAsJsonAsync("/v1/events?wait=true", events);
        Assert.True(posted.IsSuccessStatusCode, await posted.Content.ReadAsStringAsync());
    }

    private static object View(string id, string user, int seconds) => new
    {
        specversion = "1.0",
        id,
        source = "//s",
        type = "playback.viewed",
        subject = "c",
        time = "2027-01-02T10:00:00Z",
        data = new { application = "app", recording = "r", user, seconds },
    };
}

using System.Text;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Rating;
using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>Bills that a book issues by itself, to the instant (section 6 of the rules).</summary>
public sealed class CloseExamples
{
    private const string TenPerThousand = "{'id': 'av', 'meter': 'av', 'period': 'day', 'unit': {'name': 'minute', 'size': 60}, 'roundUp': 'period', 'per': 1000, 'price': '10.00'}";
    private const string OneAMinute = "{'id': 'av', 'meter': 'av', 'period': 'day', 'unit': {'name': 'minute', 'size': 60}, 'roundUp': 'period', 'per': 1, 'price': '1.00'}";

    private readonly Story story = new();

    private static Desk Open(string created, string? rates = null)
    {
        var cards = new RateCards();
        if (rates is not null)
        {
            Assert.Null(cards.Publish(Cards.Of(rates), new LocalDate(2027, 1, 1)).Refusal);
        }

        var command = new Command.PutAccount("account", "A", "USD", "Asia/Shanghai", rates is null ? null : "test");
        var desk = new Desk(new ReferenceAccount("Asia/Shanghai"), Story.Ms(created), cards, command);
        desk.Put(Story.Ms(created), "app", new ReferenceSettings());
        desk.Order(new Command.TopUp("account", "10.00", "USD", "t1"), Story.Ms(created));
        return desk;
    }

    private ReferenceEvent Of(string type, string time, string @class, string? user = null, string? id = null) =>
        story.New(type, time, id ?? $"{@class} {user} {type} {time}") with { Subject = @class, User = user };

    private static Bill? BillOf(Desk desk, string day)
    {
        desk.Flush();
        return desk.Tables.Bills.TryGetValue($"account-D-{day}", out BillRow row) ? BillReader.Read(Encoding.UTF8.GetString(row.Json)) : null;
    }

    private static string[] Wallet(Desk desk) => [.. desk.Tables.Ledger.Values.Select(entry => $"{decimal.Parse(entry.Amount):0.00} {decimal.Parse(entry.Balance):0.00}")];

    private static (long, long, string) Line(BillLine line) => ((long)line.Quantity, (long)line.Units, $"{decimal.Parse(line.Amount.ToString()):0.00}");

    [Fact]
    public void Rule_6_1_110_minutes_of_recording_are_billed_two_hours_after_midnight_at_77_cents()
    {
        // The example of the vendor's recording price list: 30 + 40 + 40 minutes at 7.00 USD per 1,000; the mixed stream is metered apart.
        Desk desk = Open("2027-04-08T01:00:00Z");
        desk.Send(Story.Ms("2027-04-08T03:00:00Z"), Of("recording.completed", "2027-04-08T02:41:00Z", "1234") with
        {
            Recording = "rec-1",
            Files = [new("camera", 1800, "ios_test1"), new("camera", 2400, "pc_test1"), new("whiteboard", 2400), new("mixed", 2400)],
        });
        desk.AdvanceTo(Story.Ms("2027-04-08T17:59:59.999Z"));
        Assert.Null(BillOf(desk, "2027-04-08"));

        desk.AdvanceTo(Story.Ms("2027-04-08T18:00:00Z"));
        Bill bill = BillOf(desk, "2027-04-08")!;
        Assert.Equal(Story.Ms("2027-04-08T18:00:00Z"), bill.IssuedAt.ToUnixTimeMilliseconds());
        Assert.Equal([(2400, 40, "0.00"), (6600, 110, "0.77")], bill.Lines.Select(Line).Order());
        Assert.Equal(["10.00 10.00", "-0.77 9.23"], Wallet(desk));
    }

    [Fact]
    public void Rule_6_1_a_class_across_midnight_is_billed_on_both_days_each_its_own_part()
    {
        Desk desk = Open("2027-04-15T12:00:00Z", TenPerThousand);
        desk.Send(
            Story.Ms("2027-04-15T17:00:00Z"), Of("class.started", "2027-04-15T15:30:00Z", "c"), Of("participant.joined", "2027-04-15T15:30:00Z", "c", "u1"),
            Of("class.ended", "2027-04-15T16:45:00Z", "c"));
        // Nobody looked for a week.
        desk.AdvanceTo(Story.Ms("2027-04-23T00:00:00Z"));

        Bill first = BillOf(desk, "2027-04-15")!;
        Bill second = BillOf(desk, "2027-04-16")!;
        Assert.Equal((1800, 30, "0.30"), Line(Assert.Single(first.Lines)));
        Assert.Equal((2700, 45, "0.45"), Line(Assert.Single(second.Lines)));
        Assert.Equal(
            (Story.Ms("2027-04-15T18:00:00Z"), Story.Ms("2027-04-16T18:00:00Z")),
            (first.IssuedAt.ToUnixTimeMilliseconds(), second.IssuedAt.ToUnixTimeMilliseconds()));
        Assert.Equal(2, desk.Tables.Bills.Count);
    }

    [Fact]
    public void Rule_5_3_a_class_gets_what_it_adds_to_the_running_total_rounded_up()
    {
        // 30, 50 and 90 seconds are 1, 1 and 2 minutes: the classes account for 1, 0 and 1.
        Desk desk = Open("2027-04-20T00:30:00Z", OneAMinute);
        foreach ((string id, string hour, int seconds) in new[] { ("c3", "03", 40), ("c1", "01", 30), ("c2", "02", 20) })
        {
            string at = $"2027-04-20T{hour}:0";
            desk.Send(
                Story.Ms("2027-04-20T05:00:00Z"), Of("class.started", at + "0:00Z", id), Of("participant.joined", at + "0:00Z", id, "u1"),
                Of("participant.left", $"{at}0:{seconds}Z", id, "u1"), Of("class.ended", at + "5:00Z", id));
        }

        desk.AdvanceTo(Story.Ms("2027-04-20T18:00:00Z"));
        Assert.Equal((90, 2, "2.00"), Line(Assert.Single(BillOf(desk, "2027-04-20")!.Lines)));
        Assert.Equal(
            ["c1 1", "c2 0", "c3 1"],
            desk.Tables.Settled.Values.Select(row => $"{desk.Tables.Pages[row.Page].Key} {row.PayAsYouGo}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rule_6_3_late_events_are_billed_with_the_next_day_and_given_back_when_they_are_voided()
    {
        Desk desk = Open("2027-08-02T00:30:00Z", TenPerThousand);
        ReferenceEvent joined = Of("participant.joined", "2027-08-02T01:05:00Z", "lesson", "u2");
        ReferenceEvent left = Of("participant.left", "2027-08-02T01:25:00Z", "lesson", "u2");
        desk.Send(
            Story.Ms("2027-08-02T02:00:00Z"), Of("class.started", "2027-08-02T01:00:00Z", "lesson"),
            Of("participant.joined", "2027-08-02T01:00:00Z", "lesson", "u1"), Of("class.ended", "2027-08-02T01:30:00Z", "lesson"));
        desk.Send(Story.Ms("2027-08-03T05:00:00Z"), joined, left);
        desk.Send(Story.Ms("2027-08-04T05:00:00Z"), VoidOf(joined), VoidOf(left));
        desk.AdvanceTo(Story.Ms("2027-08-05T00:00:00Z"));

        Bill first = BillOf(desk, "2027-08-02")!;
        Bill more = BillOf(desk, "2027-08-03")!;
        Bill less = BillOf(desk, "2027-08-04")!;
        Assert.Equal((1800, 30, "0.30"), Line(Assert.Single(first.Lines)));
        Assert.Equal((1200, 20, "0.20"), Line(Assert.Single(more.Lines)));
        Assert.Equal((-1200, -20, "-0.20"), Line(Assert.Single(less.Lines)));
        Assert.Equal(first.Period, more.Lines[0].Adjusts);
        Assert.Equal(
            (Story.Ms("2027-08-03T18:00:00Z"), Story.Ms("2027-08-04T18:00:00Z")),
            (more.IssuedAt.ToUnixTimeMilliseconds(), less.IssuedAt.ToUnixTimeMilliseconds()));
        Assert.Equal(["10.00 10.00", "-0.30 9.70", "-0.20 9.50", "0.20 9.70"], Wallet(desk));
    }

    [Fact]
    public void Rule_6_3_a_period_is_adjusted_for_the_last_time_at_the_first_close_after_its_end_plus_lateDays()
    {
        // 2 August ends on the 2nd at 16:00Z; 35 days later is 6 September 16:00Z; the first close after that is that day's, at 18:00Z.
        static int Adjustments(string voidedAt)
        {
            var examples = new CloseExamples();
            Desk desk = Open("2027-08-02T00:30:00Z", TenPerThousand);
            ReferenceEvent joined = examples.Of("participant.joined", "2027-08-02T01:00:00Z", "lesson", "u1");
            desk.Send(
                Story.Ms("2027-08-02T02:00:00Z"), examples.Of("class.started", "2027-08-02T01:00:00Z", "lesson"), joined,
                examples.Of("class.ended", "2027-08-02T01:30:00Z", "lesson"));
            desk.Send(Story.Ms(voidedAt), examples.VoidOf(joined) with { TimeMs = Story.Ms(voidedAt) });
            desk.AdvanceTo(Story.Ms("2027-10-01T00:00:00Z"));
            desk.Flush();
            return desk.Tables.Bills.Count - 1;
        }

        Assert.Equal(1, Adjustments("2027-09-06T17:59:59.999Z"));
        Assert.Equal(0, Adjustments("2027-09-06T18:00:00Z"));
    }

    [Theory]
    [InlineData("2027-06-02", "2027-06-20", "1200 20 0.20", false)]
    [InlineData("2027-06-02", "2027-06-20", "1200 20 0.20", true)]
    // What was let go of, by the month, is final.
    [InlineData("2027-04-02", "2027-06-20", "", false)]
    [InlineData("2027-04-02", "2027-06-20", "", true)]
    public void Rule_6_3_when_lateDays_is_raised_what_is_still_known_is_adjusted_and_nothing_is_charged_twice(
        string day, string raised, string adjusted, bool restarted)
    {
        Desk desk = Open("2027-04-01T00:30:00Z", TenPerThousand);
        desk.Order(new Command.PutAccount("account", null, null, null, LateDays: 5), Story.Ms("2027-04-01T00:31:00Z"));
        desk.Send(
            Story.Ms(day + "T02:00:00Z"), Of("class.started", day + "T01:00:00Z", "lesson"), Of("participant.joined", day + "T01:00:00Z", "lesson", "u1"),
            Of("class.ended", day + "T01:30:00Z", "lesson"));
        desk.AdvanceTo(Story.Ms(raised + "T01:00:00Z"));
        desk.Flush();
        desk.Forget();
        desk.Order(new Command.PutAccount("account", null, null, null, LateDays: 90), Story.Ms(raised + "T02:00:00Z"));
        if (restarted)
        {
            desk.Flush();
            desk.Restart();
        }

        desk.Send(
            Story.Ms(raised + "T03:00:00Z"), Of("participant.joined", day + "T01:05:00Z", "lesson", "u2"), Of("participant.left", day + "T01:25:00Z", "lesson", "u2"));
        desk.AdvanceTo(Story.Ms("2027-06-25T00:00:00Z"));
        desk.Flush();

        Assert.Equal((1800, 30, "0.30"), Line(Assert.Single(BillOf(desk, day)!.Lines)));
        Assert.Equal(adjusted, BillOf(desk, raised) is { } bill ? string.Join(' ', Line(Assert.Single(bill.Lines)) is var (quantity, units, amount) ? new object[] { quantity, units, amount } : []) : "");
        Assert.Equal(adjusted.Length > 0 ? 2 : 1, desk.Tables.Bills.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rules_3_4_and_6_3_a_day_that_is_not_categorized_any_more_is_adjusted(bool restarted)
    {
        static string Rate(string type) => $"{{'id': '{type}', 'meter': 'delivery', 'where': {{'dataType': ['vod-{type}']}}, 'period': 'day', "
            + "'unit': {'name': 'kB', 'size': 1000}, 'roundUp': 'period', 'per': 1, 'price': '1.00'}";
        Desk desk = Open("2027-04-01T00:30:00Z", Rate("department") + ", " + Rate("institution"));
        desk.Send(Story.Ms("2027-04-02T02:00:00Z"), story.New("content.delivered", "2027-04-02T01:00:00Z", "x") with
        {
            Subject = null,
            Kind = "vod",
            Bytes = 7000,
            Organization = "Arts",
        });
        desk.AdvanceTo(Story.Ms("2027-04-05T01:00:00Z"));
        Assert.Equal("department", Assert.Single(BillOf(desk, "2027-04-02")!.Lines).Rate.Id);
        if (restarted)
        {
            desk.Restart();
        }

        desk.Order(new Command.PutAccount("account", null, null, null, CategorizedSince: new Given<string>("2027-04-10")), Story.Ms("2027-04-05T02:00:00Z"));
        desk.AdvanceTo(Story.Ms("2027-04-10T00:00:00Z"));

        Assert.Equal(
            ["department -7 -7.00", "institution 7 7.00"],
            BillOf(desk, "2027-04-05")!.Lines.Select(line => $"{line.Rate.Id} {line.Units} {decimal.Parse(line.Amount.ToString()):0.00}"));
        Assert.Equal(2, desk.Tables.Bills.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rules_1_4_and_6_3_more_late_days_true_up_what_had_changed_of_a_day_that_is_open_again_whether_restarted_or_not(bool restarted)
    {
        Desk desk = Open("2027-08-02T00:30:00Z", TenPerThousand);
        desk.Order(new Command.PutAccount("account", null, null, null, LateDays: 3), Story.Ms("2027-08-02T00:40:00Z"));
        ReferenceEvent joined = Of("participant.joined", "2027-08-02T01:00:00Z", "lesson", "u1");
        desk.Send(
            Story.Ms("2027-08-02T02:00:00Z"), Of("class.started", "2027-08-02T01:00:00Z", "lesson"), joined, Of("class.ended", "2027-08-02T01:30:00Z", "lesson"));
        desk.AdvanceTo(Story.Ms("2027-08-08T00:00:00Z"));
        Assert.Equal((1800, 30, "0.30"), Line(Assert.Single(BillOf(desk, "2027-08-02")!.Lines)));
        desk.Send(Story.Ms("2027-08-08T01:00:00Z"), VoidOf(joined) with { TimeMs = Story.Ms("2027-08-08T01:00:00Z") });
        desk.AdvanceTo(Story.Ms("2027-08-10T00:00:00Z"));
        desk.Flush();
        Assert.Single(desk.Tables.Bills);
        if (restarted)
        {
            desk.Restart();
        }

        desk.Order(new Command.PutAccount("account", null, null, null, LateDays: 35), Story.Ms("2027-08-10T01:00:00Z"));
        desk.AdvanceTo(Story.Ms("2027-08-12T00:00:00Z"));

        Assert.Equal((-1800, -30, "-0.30"), Line(Assert.Single(BillOf(desk, "2027-08-10")!.Lines)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rules_1_5_and_6_3_what_was_taken_in_time_is_trued_up_by_the_next_close_though_late_days_are_fewer_by_then(bool restarted)
    {
        Desk desk = Open("2027-08-02T00:30:00Z", TenPerThousand);
        desk.AdvanceTo(Story.Ms("2027-08-20T00:00:00Z"));
        desk.Send(
            Story.Ms("2027-08-20T01:00:00Z"), Of("class.started", "2027-08-02T01:00:00Z", "lesson"),
            Of("participant.joined", "2027-08-02T01:00:00Z", "lesson", "u1"), Of("class.ended", "2027-08-02T01:30:00Z", "lesson"));
        desk.Order(new Command.PutAccount("account", null, null, null, LateDays: 3), Story.Ms("2027-08-20T02:00:00Z"));
        desk.Order(new Command.PutAccount("account", null, null, null, LateDays: 5), Story.Ms("2027-08-20T02:01:00Z"));
        if (restarted)
        {
            desk.Flush();
            desk.Restart();
        }

        desk.AdvanceTo(Story.Ms("2027-08-22T00:00:00Z"));
        Assert.Equal((1800, 30, "0.30"), Line(Assert.Single(BillOf(desk, "2027-08-20")!.Lines)));
        ReferenceEvent late = Of("participant.joined", "2027-08-02T01:10:00Z", "lesson", "u2");
        desk.Send(Story.Ms("2027-08-22T01:00:00Z"), late);
        desk.AdvanceTo(Story.Ms("2027-08-25T00:00:00Z"));

        desk.Flush();
        Assert.Single(desk.Tables.Bills);
    }

    [Theory]
    [InlineData(120)]
    [InlineData(4_320)]
    public void Rule_6_3_a_longer_delay_keeps_open_what_the_last_close_by_the_shorter_one_left_open(int minutes)
    {
        Desk desk = Open("2027-08-02T00:30:00Z", TenPerThousand);
        desk.Order(new Command.PutAccount("account", null, null, null, LateDays: 3), Story.Ms("2027-08-02T00:40:00Z"));
        desk.Send(
            Story.Ms("2027-08-05T12:00:00Z"), Of("class.started", "2027-08-02T20:00:00Z", "lesson"),
            Of("participant.joined", "2027-08-02T20:00:00Z", "lesson", "u1"), Of("class.ended", "2027-08-02T20:30:00Z", "lesson"));
        desk.Order(new Command.PutAccount("account", null, null, null, SettleDelayMinutes: minutes), Story.Ms("2027-08-05T13:00:00Z"));
        desk.AdvanceTo(Story.Ms("2027-08-20T00:00:00Z"));
        desk.Flush();

        Assert.Single(desk.Tables.Bills);
    }

    [Fact]
    public void Rule_1_2_an_hour_in_which_the_clock_jumps_past_midnight_is_the_day_befores_with_all_its_open_presence()
    {
        // On 7 January 1972 the clocks of Monrovia went from 00:00 to 00:44:30, which was 00:44:30Z; the hour since 23:00 lasted until 01:00Z.
        Desk desk = new Story("Africa/Monrovia").Joined("1972-01-07T00:45:00Z", "u", medium: "whiteboard").DeskAt("1972-01-07T00:50:00Z");
        desk.AdvanceTo(Story.Ms("1972-01-08T03:00:00Z"));

        Bill bill = BillOf(desk, "1972-01-06")!;
        Assert.Equal(Story.Ms("1972-01-07T02:44:30Z"), bill.IssuedAt.ToUnixTimeMilliseconds());
        Assert.Equal((900, 15), ((int)bill.Lines[0].Quantity, (int)bill.Lines[0].Units));
        Assert.Equal((82_800, 1380), ((int)BillOf(desk, "1972-01-07")!.Lines[0].Quantity, (int)BillOf(desk, "1972-01-07")!.Lines[0].Units));
    }

    [Fact]
    public void Rule_6_1_a_close_without_priced_usage_makes_no_bill()
    {
        Desk desk = Open("2027-04-08T01:00:00Z");
        desk.AdvanceTo(Story.Ms("2027-06-08T01:00:00Z"));
        desk.Flush();

        Assert.Empty(desk.Tables.Bills);
        Assert.Equal("2027-06-08", desk.Book.State.NextClose);
    }

    private ReferenceEvent VoidOf(ReferenceEvent target) => Of("event.voided", "2027-08-04T04:00:00Z", "", id: $"void {target.Id}") with
    {
        Subject = null,
        TargetSource = target.Source,
        TargetId = target.Id,
    };
}

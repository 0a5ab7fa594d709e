using System.Text;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>Packages from purchase to bill, on a book (section 5 of the rules).</summary>
public sealed class PackageExamples
{
    private const string Price = "'period': 'day', 'unit': {'name': 'minute', 'size': 60}, 'roundUp': 'period', 'per': 1000, 'price': '10.00'";
    private static readonly string Rates = $"{{'id': 'av', 'meter': 'av', {Price}}}, {{'id': 'whiteboard', 'meter': 'whiteboard', {Price}}}";

    private readonly Story story = new();

    private static string Product(string sku, int quantity, string scope = "application", string validity = "P1M", string covers = "{'rate': 'av', 'ratio': '1'}") =>
        $"{{'sku': '{sku}', 'name': '{sku}', 'quantity': {quantity}, 'unit': 'minute', 'covers': [{covers}], 'scope': '{scope}', 'validity': '{validity}', 'price': '5.00'}}";

    private static RateCard Card(string id, string rates, string from, params string[] products)
    {
        string json = $"{{'currency': 'USD', 'rates': [{rates}], 'packages': [{string.Join(", ", products)}]}}".Replace('\'', '"');
        CardReading read = RateCardJson.Read(new RateCardVersion(id, NodaTime.Text.LocalDatePattern.Iso.Parse(from).Value), Encoding.UTF8.GetBytes(json));
        return read.Card ?? throw new ArgumentException(string.Join('\n', read.Faults));
    }

    private static Desk Open(string created, params string[] products) => Open(created, out _, products);

    private static Desk Open(string created, out RateCards cards, params string[] products)
    {
        cards = new RateCards();
        Assert.Null(cards.Publish(Card("test", Rates, "2027-01-01", products), new LocalDate(2027, 1, 1)).Refusal);
        var desk = new Desk(
            new ReferenceAccount("Asia/Shanghai"), Story.Ms(created), cards, new Command.PutAccount("account", "A", "USD", "Asia/Shanghai", "test"));
        desk.Put(Story.Ms(created), "app", new ReferenceSettings());
        desk.Order(new Command.TopUp("account", "100.00", "USD", "t1"), Story.Ms(created));
        return desk;
    }

    private static void Buy(Desk desk, string at, string sku, string reference, string? application = "app") =>
        desk.Order(new Command.BuyPackage("account", sku, application, reference), Story.Ms(at));

    private static Refusal? Try(Desk desk, string at, Command command) => desk.Book.Apply(command, Story.Ms(at)).Refusal;

    private static Refusal? TryBuy(Desk desk, string at, string sku, string reference, string? application = "app") =>
        Try(desk, at, new Command.BuyPackage("account", sku, application, reference));

    private static Refusal? TryRefund(Desk desk, string at, string package = "P-1") => Try(desk, at, new Command.RefundPackage("account", package));

    /// <summary>Somebody's presence of so many minutes, told when it is over.</summary>
    private void Attend(Desk desk, string start, int minutes, string @class = "lesson")
    {
        long from = Story.Ms(start);
        string end = ReferenceEvent.Rfc3339(from + (minutes * 60_000L));
        desk.Send(
            Story.Ms(end), Of("class.started", start, @class), Of("participant.joined", start, @class, "u1"), Of("class.ended", end, @class));
    }

    private ReferenceEvent Of(string type, string time, string @class, string? user = null) =>
        story.New(type, time, $"{@class} {user} {type} {time}") with { Subject = @class, User = user };

    private static string[] Remaining(Desk desk) => [.. desk.Book.State.Packages.Select(package => package.Remaining)];

    private static Bill BillOf(Desk desk, string day)
    {
        desk.Flush();
        return BillReader.Read(Encoding.UTF8.GetString(desk.Tables.Bills[$"account-D-{day}"].Json));
    }

    private static string Units(BillLine line) =>
        $"{line.Units} = {line.FreeUnits} free + {string.Join(", ", line.Packages.Select(share => $"{share.Units} {share.Package}"))} + {line.PayAsYouGoUnits} paid + {line.UncoveredUnits} uncovered";

    private static string[] Wallet(Desk desk)
    {
        desk.Flush();
        return [.. desk.Tables.Ledger.Values.Select(entry => $"{entry.Kind} {decimal.Parse(entry.Amount):0.00} {decimal.Parse(entry.Balance):0.00} {entry.Reference}")];
    }

    [Fact]
    public void Rule_5_2_a_package_of_90_minutes_covers_90_of_120_and_the_rest_is_paid()
    {
        Desk desk = Open("2027-04-12T00:30:00Z", Product("m90", 90));
        Buy(desk, "2027-04-12T00:30:00Z", "m90", "p1");
        Attend(desk, "2027-04-12T01:00:00Z", 120);
        desk.AdvanceTo(Story.Ms("2027-04-12T18:00:00Z"));

        Assert.Equal("120 = 0 free + 90 P-1 + 30 paid + 0 uncovered", Units(Assert.Single(BillOf(desk, "2027-04-12").Lines)));
        Assert.Equal(["0"], Remaining(desk));
        Assert.Equal(["topup 100.00 100.00 t1", "package -5.00 95.00 p1", "bill -0.30 94.70 account-D-2027-04-12"], Wallet(desk));
    }

    [Fact]
    public void Rule_5_2_the_applications_package_goes_before_the_accounts_the_one_that_ends_earlier_first()
    {
        Desk desk = Open("2027-04-12T00:30:00Z", Product("year", 10, validity: "P1Y"), Product("month", 10), Product("all", 10, "account"));
        Buy(desk, "2027-04-12T00:30:00Z", "all", "p1", null);
        Buy(desk, "2027-04-12T00:31:00Z", "year", "p2");
        Buy(desk, "2027-04-12T00:32:00Z", "month", "p3");
        Buy(desk, "2027-04-12T00:33:00Z", "month", "p4");
        Attend(desk, "2027-04-12T01:00:00Z", 35);
        desk.AdvanceTo(Story.Ms("2027-04-12T18:00:00Z"));

        Assert.Equal("35 = 0 free + 10 P-3, 10 P-4, 10 P-2, 5 P-1 + 0 paid + 0 uncovered", Units(Assert.Single(BillOf(desk, "2027-04-12").Lines)));
        Assert.Equal(["5", "0", "0", "0"], Remaining(desk));
    }

    [Fact]
    public void Rule_5_2_a_package_serves_the_days_on_which_it_is_valid_and_no_other()
    {
        // Bought on 31 January in Shanghai: it ends as 28 February begins there.
        Desk desk = Open("2027-01-31T02:00:00Z", Product("m100", 100));
        Buy(desk, "2027-01-31T02:00:00Z", "m100", "p1");
        Attend(desk, "2027-02-27T14:00:00Z", 10, "last");
        Attend(desk, "2027-02-27T16:00:00Z", 10, "after");
        desk.AdvanceTo(Story.Ms("2027-03-01T00:00:00Z"));

        Assert.Equal("10 = 0 free + 10 P-1 + 0 paid + 0 uncovered", Units(Assert.Single(BillOf(desk, "2027-02-27").Lines)));
        Assert.Equal("10 = 0 free +  + 10 paid + 0 uncovered", Units(Assert.Single(BillOf(desk, "2027-02-28").Lines)));
        Assert.Equal(["90"], Remaining(desk));
    }

    [Fact]
    public void Rule_6_5_a_reference_buys_once_and_only_what_it_bought_first()
    {
        Desk desk = Open("2027-04-12T00:30:00Z", Product("m90", 90), Product("all", 10, "account"));
        Buy(desk, "2027-04-12T00:30:00Z", "m90", "p1");
        Buy(desk, "2027-04-12T00:40:00Z", "m90", "p1");

        Assert.Single(desk.Book.State.Packages);
        Assert.Equal(Refusal.ReferenceReused, TryBuy(desk, "2027-04-12T00:40:00Z", "all", "p1", null));
        Assert.Equal(Refusal.ReferenceReused, TryBuy(desk, "2027-04-12T00:40:00Z", "m90", "t1"));
        Assert.Equal(Refusal.ReferenceReused, Try(desk, "2027-04-12T00:40:00Z", new Command.TopUp("account", "5.00", "USD", "p1")));
        Assert.Equal(["topup 100.00 100.00 t1", "package -5.00 95.00 p1"], Wallet(desk));
        desk.Restart();
        Assert.Equal(Refusal.ReferenceReused, Try(desk, "2027-04-12T00:41:00Z", new Command.TopUp("account", "5.00", "USD", "p1")));
        Assert.Equal(Refusal.ReferenceReused, TryBuy(desk, "2027-04-12T00:41:00Z", "m90", "t1"));
    }

    [Fact]
    public void Rule_5_1_what_is_not_on_sale_or_not_for_that_application_cannot_be_bought()
    {
        Desk desk = Open("2027-04-12T00:30:00Z", Product("m90", 90), Product("all", 10, "account"));
        Assert.Equal(Refusal.InvalidRequest, TryBuy(desk, "2027-04-12T00:30:00Z", "m91", "p1"));
        Assert.Equal(Refusal.InvalidRequest, TryBuy(desk, "2027-04-12T00:30:00Z", "m90", "p1", null));
        Assert.Equal(Refusal.InvalidRequest, TryBuy(desk, "2027-04-12T00:30:00Z", "all", "p1"));
        Assert.Equal(Refusal.NotFound, TryBuy(desk, "2027-04-12T00:30:00Z", "m90", "p1", "another"));
        Assert.Empty(desk.Book.State.Packages);
        Assert.Equal(["topup 100.00 100.00 t1"], Wallet(desk));
    }

    [Fact]
    public void Rule_5_1_the_product_is_that_of_the_card_in_force_on_the_local_day_of_purchase()
    {
        Desk desk = Open("2027-04-12T00:30:00Z", out RateCards cards, Product("m90", 90));
        Assert.Null(cards.Publish(Card("test", Rates, "2027-04-14", Product("m90", 80)), new LocalDate(2027, 4, 12)).Refusal);
        Buy(desk, "2027-04-13T15:59:59.999Z", "m90", "p1");
        Buy(desk, "2027-04-13T16:00:00Z", "m90", "p2");
        Assert.Equal(["90", "80"], Remaining(desk));
    }

    [Fact]
    public void Rule_5_7_a_package_of_which_nothing_was_used_is_given_back_in_full_within_120_hours()
    {
        Desk desk = Open("2027-04-12T00:30:00Z", Product("m90", 90));
        Buy(desk, "2027-04-12T00:30:00Z", "m90", "p1");
        Assert.Null(TryRefund(desk, "2027-04-17T00:30:00Z"));
        Assert.Equal(Refusal.NotRefundable, TryRefund(desk, "2027-04-17T00:30:00Z"));
        Assert.Equal(Refusal.NotFound, TryRefund(desk, "2027-04-17T00:30:00Z", "P-2"));
        Buy(desk, "2027-04-17T01:00:00Z", "m90", "p2");
        Assert.Equal(Refusal.NotRefundable, TryRefund(desk, "2027-04-22T01:00:00.001Z", "P-2"));

        Assert.Equal(["topup 100.00 100.00 t1", "package -5.00 95.00 p1", "refund 5.00 100.00 p1", "package -5.00 95.00 p2"], Wallet(desk));
    }

    [Fact]
    public void Rule_5_7_a_package_that_covers_a_class_which_still_runs_is_used()
    {
        Desk desk = Open("2027-04-12T00:30:00Z", Product("m90", 90));
        Buy(desk, "2027-04-12T00:30:00Z", "m90", "p1");
        desk.Send(Story.Ms("2027-04-12T01:00:00Z"), Of("class.started", "2027-04-12T01:00:00Z", "lesson"), Of("participant.joined", "2027-04-12T01:00:00Z", "lesson", "u1"));
        Assert.Equal(Refusal.NotRefundable, TryRefund(desk, "2027-04-12T01:00:01Z"));
    }

    [Fact]
    public void Rule_5_7_what_was_given_back_covers_nothing()
    {
        Desk desk = Open("2027-04-12T00:30:00Z", Product("m90", 90));
        Buy(desk, "2027-04-12T00:30:00Z", "m90", "p1");
        Assert.Null(TryRefund(desk, "2027-04-12T00:31:00Z"));
        Attend(desk, "2027-04-12T01:00:00Z", 10);
        desk.AdvanceTo(Story.Ms("2027-04-12T18:00:00Z"));
        Assert.Equal("10 = 0 free +  + 10 paid + 0 uncovered", Units(Assert.Single(BillOf(desk, "2027-04-12").Lines)));
    }

    [Fact]
    public void Rule_6_3_late_minutes_take_what_the_package_still_holds_and_void_ones_go_back_to_it()
    {
        Desk desk = Open("2027-08-02T00:30:00Z", Product("m40", 40));
        Buy(desk, "2027-08-02T00:30:00Z", "m40", "p1");
        Attend(desk, "2027-08-02T01:00:00Z", 30);
        ReferenceEvent joined = Of("participant.joined", "2027-08-02T01:05:00Z", "lesson", "u2");
        ReferenceEvent left = Of("participant.left", "2027-08-02T01:25:00Z", "lesson", "u2");
        desk.Send(Story.Ms("2027-08-03T05:00:00Z"), joined, left);
        desk.Send(
            Story.Ms("2027-08-04T05:00:00Z"), story.New("event.voided", "2027-08-04T05:00:00Z", "v1") with { Subject = null, TargetSource = joined.Source, TargetId = joined.Id },
            story.New("event.voided", "2027-08-04T05:00:00Z", "v2") with { Subject = null, TargetSource = left.Source, TargetId = left.Id });
        desk.AdvanceTo(Story.Ms("2027-08-05T00:00:00Z"));

        Assert.Equal("30 = 0 free + 30 P-1 + 0 paid + 0 uncovered", Units(Assert.Single(BillOf(desk, "2027-08-02").Lines)));
        Assert.Equal("20 = 0 free + 10 P-1 + 10 paid + 0 uncovered", Units(Assert.Single(BillOf(desk, "2027-08-03").Lines)));
        Assert.Equal("-20 = 0 free + -10 P-1 + -10 paid + 0 uncovered", Units(Assert.Single(BillOf(desk, "2027-08-04").Lines)));
        Assert.Equal(["10"], Remaining(desk));
    }

    [Fact]
    public void Rule_4_6_a_closed_day_is_trued_up_by_the_card_that_the_account_had_then()
    {
        Desk desk = Open("2027-08-02T00:30:00Z", out RateCards cards);
        Assert.Null(cards.Publish(Card("dear", Rates.Replace("10.00", "1000.00"), "2027-01-01"), new LocalDate(2027, 1, 1)).Refusal);
        Attend(desk, "2027-08-02T01:00:00Z", 30);
        desk.Order(new Command.PutAccount("account", null, null, null, "dear"), Story.Ms("2027-08-03T04:00:00Z"));
        desk.Send(Story.Ms("2027-08-03T05:00:00Z"), Of("participant.joined", "2027-08-02T01:05:00Z", "lesson", "u2"), Of("participant.left", "2027-08-02T01:25:00Z", "lesson", "u2"));
        Attend(desk, "2027-08-03T06:00:00Z", 10, "next");
        desk.AdvanceTo(Story.Ms("2027-08-05T00:00:00Z"));

        Assert.Equal(["10.000000 ", "0.200000 2027-08-02"], BillOf(desk, "2027-08-03").Lines.Select(line => $"{line.Amount} {line.Adjusts?.Start:uuuu-MM-dd}"));
    }

    [Fact]
    public void Rule_6_3_a_day_that_was_closed_on_the_accounts_first_day_keeps_its_card_when_another_is_chosen_on_that_day()
    {
        // Created at 00:30 in Shanghai: yesterday is closed at 02:00, and the card changed at 12:00.
        Desk desk = Open("2027-08-01T16:30:00Z", out RateCards cards);
        Assert.Null(cards.Publish(Card("dear", Rates.Replace("10.00", "1000.00"), "2027-01-01"), new LocalDate(2027, 1, 1)).Refusal);
        desk.Send(
            Story.Ms("2027-08-01T16:40:00Z"), Of("class.started", "2027-08-01T01:00:00Z", "lesson"), Of("participant.joined", "2027-08-01T01:00:00Z", "lesson", "u1"),
            Of("class.ended", "2027-08-01T01:30:00Z", "lesson"));
        desk.Order(new Command.PutAccount("account", null, null, null, "dear"), Story.Ms("2027-08-02T04:00:00Z"));
        desk.Send(Story.Ms("2027-08-02T05:00:00Z"), Of("participant.joined", "2027-08-01T01:05:00Z", "lesson", "u2"), Of("participant.left", "2027-08-01T01:25:00Z", "lesson", "u2"));
        Attend(desk, "2027-08-02T06:00:00Z", 10, "next");
        desk.AdvanceTo(Story.Ms("2027-08-04T00:00:00Z"));

        Assert.Equal("0.300000", Assert.Single(BillOf(desk, "2027-08-01").Lines).Amount.ToString());
        Assert.Equal(["10.000000 ", "0.200000 2027-08-01"], BillOf(desk, "2027-08-02").Lines.Select(line => $"{line.Amount} {line.Adjusts?.Start:uuuu-MM-dd}"));
    }

    [Fact]
    public void Rule_4_6_a_card_chosen_on_the_accounts_first_day_holds_for_days_before_while_none_of_them_is_closed()
    {
        Desk desk = Open("2027-08-02T00:30:00Z", out RateCards cards);
        Assert.Null(cards.Publish(Card("dear", Rates.Replace("10.00", "1000.00"), "2027-01-01"), new LocalDate(2027, 1, 1)).Refusal);
        desk.Order(new Command.PutAccount("account", null, null, null, "dear"), Story.Ms("2027-08-02T00:40:00Z"));
        desk.Send(
            Story.Ms("2027-08-02T00:50:00Z"), Of("class.started", "2027-08-01T01:00:00Z", "lesson"), Of("participant.joined", "2027-08-01T01:00:00Z", "lesson", "u1"),
            Of("class.ended", "2027-08-01T01:30:00Z", "lesson"));
        desk.AdvanceTo(Story.Ms("2027-08-04T00:00:00Z"));

        Assert.Equal("30.000000", Assert.Single(BillOf(desk, "2027-08-02").Lines).Amount.ToString());
    }

    private static string[] Marks(Desk desk) =>
        [.. desk.Book.State.Packages.Select(package => $"{package.Id} {At(package.LowAt)} {At(package.UsedUpAt)}")];

    private static string At(long? ms) => ms is { } at ? ReferenceEvent.Rfc3339(at)[11..] : "-";

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(86_400)]
    public void Rule_5_4_a_running_class_uses_its_package_up_in_the_second_that_begins_the_last_minute_whoever_looks_when(int everySeconds)
    {
        // Of two users since 01:00:00 the 48th minute together, four fifths of 60, begins after 01:23:30, and the 60th after 01:29:30.
        Desk desk = Open("2027-07-19T00:30:00Z", Product("m60", 60));
        Buy(desk, "2027-07-19T00:30:00Z", "m60", "p1");
        desk.Send(
            Story.Ms("2027-07-19T01:20:00.250Z"), Of("class.started", "2027-07-19T01:00:00Z", "lesson"),
            Of("participant.joined", "2027-07-19T01:00:00Z", "lesson", "u1"), Of("participant.joined", "2027-07-19T01:00:00Z", "lesson", "u2"));
        for (long now = Story.Ms("2027-07-19T01:20:01Z"); now < Story.Ms("2027-07-19T01:40:00Z"); now += everySeconds * 1000L)
        {
            desk.AdvanceTo(now);
            if (everySeconds == 60)
            {
                desk.Flush();
                desk.Restart();
            }
        }

        desk.AdvanceTo(Story.Ms("2027-07-19T01:40:00Z"));
        Assert.Equal(["P-1 01:23:31.000Z 01:29:31.000Z"], Marks(desk));
    }

    [Fact]
    public void Rule_5_4_what_is_known_late_uses_a_package_up_when_it_becomes_known_and_a_void_gives_it_back()
    {
        Desk desk = Open("2027-04-12T00:30:00Z", Product("m90", 90));
        Buy(desk, "2027-04-12T00:30:00Z", "m90", "p1");
        Attend(desk, "2027-04-12T01:00:00Z", 120);
        Assert.Equal(["P-1 - -"], Marks(desk));
        desk.AdvanceTo(Story.Ms("2027-04-12T03:00:00Z"));
        Assert.Equal(["P-1 03:00:00.000Z 03:00:00.000Z"], Marks(desk));

        ReferenceEvent joined = Of("participant.joined", "2027-04-12T01:00:00Z", "lesson", "u1");
        desk.Send(
            Story.Ms("2027-04-12T04:00:00.001Z"),
            story.New("event.voided", "2027-04-12T04:00:00Z", "v1") with { Subject = null, TargetSource = joined.Source, TargetId = joined.Id });
        desk.AdvanceTo(Story.Ms("2027-04-12T05:00:00Z"));
        Assert.Equal(["P-1 03:00:00.000Z -"], Marks(desk));
    }

    [Fact]
    public void Rule_5_1_a_package_bought_when_the_day_is_already_used_serves_it_from_midnight_on()
    {
        Desk desk = Open("2027-04-12T00:30:00Z", Product("m90", 90));
        Attend(desk, "2027-04-12T01:00:00Z", 120);
        Buy(desk, "2027-04-12T04:00:00.500Z", "m90", "p1");
        Assert.Equal(["P-1 04:00:00.500Z 04:00:00.500Z"], Marks(desk));
        Buy(desk, "2027-04-12T05:00:00Z", "m90", "p2");
        Assert.Equal(["P-1 04:00:00.500Z 04:00:00.500Z", "P-2 - -"], Marks(desk));
        Assert.Equal(Refusal.NotRefundable, TryRefund(desk, "2027-04-12T05:00:00Z", "P-2"));
    }

    [Fact]
    public void Rule_5_4_a_class_over_midnight_uses_the_package_of_both_days()
    {
        // From 15:00Z; midnight in Shanghai is 16:00Z: 60 minutes of one day and 30 of the next are 90.
        Desk desk = Open("2027-04-12T00:30:00Z", Product("m90", 90));
        Buy(desk, "2027-04-12T00:30:00Z", "m90", "p1");
        desk.Send(
            Story.Ms("2027-04-12T15:00:00Z"), Of("class.started", "2027-04-12T15:00:00Z", "lesson"), Of("participant.joined", "2027-04-12T15:00:00Z", "lesson", "u1"));
        desk.AdvanceTo(Story.Ms("2027-04-12T17:00:00Z"));
        Assert.Equal(["P-1 16:11:01.000Z 16:29:01.000Z"], Marks(desk));
    }
}

using System.Text.Json;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Rating;
using Minutebook.Core.Units;
using NodaTime;
using Xunit;
using static Minutebook.Core.Tests.Billing.Days;

namespace Minutebook.Core.Tests.Billing;

public sealed class BillTests
{
    [Theory] // 4.5, from the golden cases
    [InlineData("audio", 24_000, "0.60", "0.004000")]
    [InlineData("audio", 36_000, "0.89", "-0.004000")]
    [InlineData("audio", 6_000, "0.15", "0.001000")]
    [InlineData("video", 5_430, "0.23", "0.003410")]
    public void A_bill_is_rounded_to_cents_and_shows_by_how_much(string mode, long seconds, string total, string rounding)
    {
        Bill bill = Issued(Settle(PublicCard.Card, [Of(Meter.Slicing, seconds, "app", mode)]));
        Assert.Equal((total, rounding), (bill.Total.ToMinorString(2), bill.Rounding.ToString()));
    }

    [Fact] // 4.5: 600 minutes at 0.99 per 1,000
    public void Ten_students_for_an_hour_cost_59_cents()
    {
        Bill bill = Issued(Settle(PublicCard.Card, [Of(Meter.Av, 36_000, "app", "audio")]));
        Assert.Equal(("0.594000", "0.59", "-0.004000"), (bill.Lines[0].Amount.ToString(), bill.Total.ToMinorString(2), bill.Rounding.ToString()));
    }

    [Fact] // 4.7, and the case recording-robot: 0.0396 + 0.06
    public void The_robots_whiteboard_and_presence_cost_10_cents()
    {
        Bill bill = Issued(Settle(PublicCard.Card, [Of(Meter.Av, 2400, "app", "audio"), Of(Meter.Whiteboard, 2400)]));
        Assert.Equal(("0.10", "0.000400"), (bill.Total.ToMinorString(2), bill.Rounding.ToString()));
    }

    [Fact] // 6.2
    public void Bills_are_numbered_by_account_and_period()
    {
        Assert.Equal("a-D-2026-11-03", BillPeriod.OfDay(new LocalDate(2026, 11, 3)).BillNumber("a"));
        Assert.Equal("a-M-2026-11", BillPeriod.OfMonth(new LocalDate(2026, 11, 3)).BillNumber("a"));
        Assert.Equal(new LocalDate(2026, 11, 30), BillPeriod.OfMonth(new LocalDate(2026, 11, 3)).LastDay);
        Assert.Throws<ArgumentException>(() => BillPeriod.From(PeriodKind.Month, new LocalDate(2026, 11, 3)));
    }

    [Fact] // 6.2 and the contract
    public void A_bill_is_written_as_the_contract_shapes_it()
    {
        Bill bill = Issued(Settle(Cards.Of(Cards.Av), [Av(Class("c", 1), 7200)], Package("p", "90")));
        using var json = JsonDocument.Parse(BillJson.ToJson(bill));
        JsonElement line = json.RootElement.GetProperty("lines")[0];
        Assert.Equal("a-D-2027-04-12", json.RootElement.GetProperty("number").GetString());
        Assert.Equal(("daily", "2027-04-12", "2027-04-13", "2027-04-13T02:00:00Z"), (
            Text(json.RootElement, "kind"), Text(json.RootElement, "periodStart"), Text(json.RootElement, "periodEnd"), Text(json.RootElement, "issuedAt")));
        Assert.Equal(("0.03", "0.000300", "USD", "test"), (
            Text(json.RootElement, "total"), Text(json.RootElement, "rounding"), Text(json.RootElement, "currency"), Text(json.RootElement, "card")));
        Assert.Equal((1, 7200), (line.GetProperty("line").GetInt32(), line.GetProperty("quantity").GetInt32()));
        Assert.Equal(("120", "90", "30", "0", "0.99", "0.029700"), (
            Text(line, "units"), Text(line, "packageUnits"), Text(line, "payAsYouGoUnits"), Text(line, "uncoveredUnits"), Text(line, "price"), Text(line, "amount")));
        Assert.Equal(("p", "90", "90"), (
            Text(line.GetProperty("packages")[0], "package"), Text(line.GetProperty("packages")[0], "units"), Text(line.GetProperty("packages")[0], "deducted")));
        Assert.Equal(JsonValueKind.Null, line.GetProperty("adjusts").ValueKind);
    }

    [Fact]
    public void A_bill_that_is_written_and_read_again_is_the_same()
    {
        string tiers = "'model': 'graduated', 'tiers': [{'upTo': 5, 'price': '1.50'}, {'upTo': null, 'price': '0.5'}]";
        RateCard card = Cards.Of(string.Join(", ",
            "{'id': 'd', 'meter': 'delivery', 'where': {'download': [true], 'department': ['Bio', null]}, 'period': 'day', 'scope': 'account', "
            + $"'unit': {{'name': 'GB', 'size': 1000}}, 'roundUp': 'class', 'per': 1, 'wholeBlocks': true, 'free': 1, {tiers}, 'source': 'ours'}}",
            Cards.Av));
        Package package = Package("p", "3", covers: [("av", "0.5")]);
        SettledPeriod settled = Settle(card, [Of(Meter.Delivery, 7_001, "app", "vod-institution", null, null, "true"), Av(Class("c", 1), 600)], package);
        Adjustments adjustments = TrueUp.Of(Settle(card, []), settled.Lines, settled.Packages, Day, PayAsYouGo);
        string json = BillJson.ToJson(Bill.Issue("a", settled, adjustments.Lines, At(13))!);
        Assert.Equal(json, BillJson.ToJson(BillReader.Read(json)));
        Assert.Equal([Scope.Account, Scope.Application, Scope.Account, Scope.Application], BillReader.Read(json).Lines.Select(line => line.Rate.Scope));
        Assert.Throws<FormatException>(() => BillReader.Read("{}"));
    }

    [Fact] // 6.3: an adjustment of a month stands on the bill of a day
    public void A_daily_bill_that_is_read_again_knows_which_of_its_lines_are_a_months()
    {
        RateCard card = Cards.Of($"{Cards.Av}, {Cards.Av.Replace("'id': 'av', 'meter': 'av', 'period': 'day'", "'id': 'm', 'meter': 'whiteboard', 'period': 'month'")}");
        SettledPeriod month = Settlement.Settle(BillPeriod.OfMonth(Day.PlusMonths(-1)), card, [Of(Meter.Whiteboard, 60)], [], PayAsYouGo);
        Bill bill = Bill.Issue("a", Settle(card, [Av(null, 60)]), TrueUp.Of(month, [], [], Day, PayAsYouGo).Lines, At(13))!;
        Bill read = BillReader.Read(BillJson.ToJson(bill));

        Assert.Equal([("av", PeriodKind.Day), ("m", PeriodKind.Month)], read.Lines.Select(line => (line.Rate.Id, line.Rate.Period)));
        Assert.Equal([null, BillPeriod.OfMonth(Day.PlusMonths(-1))], read.Lines.Select(line => line.Adjusts));
    }

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();

    private static Bill Issued(SettledPeriod settled)
    {
        Bill bill = Bill.Issue("a", settled, [], At(13))!;
        Assert.Equal(bill.Total, bill.Lines.Aggregate(bill.Rounding, (sum, line) => sum + line.Amount));
        return bill;
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Rating;

public sealed class RateCardTests
{
    private const string Rest = "'period': 'day', 'unit': {'name': 'GB', 'size': 1}, 'roundUp': 'period', 'per': 1, 'price': '1'";

    [Fact]
    public void The_card_of_the_guide_is_valid_and_a_thousand_minutes_of_it_cost_what_it_says()
    {
        string guide = File.ReadAllText(Path.Combine(Tidy.Checkout.Root, "docs", "guide", "prices.md"));
        string json = guide.Split("```json")[1].Split("```")[0];
        CardReading read = RateCardJson.Read(new RateCardVersion("guide", new LocalDate(2026, 1, 1)), Encoding.UTF8.GetBytes(json));

        Assert.Empty(read.Faults);
        Assert.Equal(Money.Parse("0.99"), read.Card!.Rates[0].Amount(1000));
        Assert.Equal("m90", Assert.Single(read.Card.Packages).Sku);
    }

    [Fact] // 4.7
    public void The_shipped_card_has_the_published_prices_and_says_where_from()
    {
        Assert.Equal(
            ["recording", "recording-mixed", "slicing-audio", "slicing-video", "screenshot", "whiteboard", "av-audio"],
            PublicCard.Card.Rates.Select(rate => rate.Id));
        Assert.All(PublicCard.Card.Rates, rate => Assert.False(string.IsNullOrEmpty(rate.Source)));
        Assert.Equal("public", PublicCard.Card.Version.Card);
        Assert.Equal(new LocalDate(1970, 1, 1), PublicCard.Card.Version.EffectiveFrom);
        Rate screenshot = PublicCard.Card.Rates[4];
        Assert.Equal((PeriodKind.Month, 10_000, true), (screenshot.Period, screenshot.Free, screenshot.WholeBlocks));
    }

    [Fact] // 4: the first that matches, and no other; 4.7: without a price, not priced
    public void Usage_is_priced_by_the_first_rate_that_matches()
    {
        Assert.Equal(0, PublicCard.Card.RateFor(new Dimensions(Meter.Recording, "screen")));
        Assert.Equal(1, PublicCard.Card.RateFor(new Dimensions(Meter.Recording, "mixed")));
        Assert.Equal(-1, PublicCard.Card.RateFor(new Dimensions(Meter.Av, "hd")));
        Assert.Equal(-1, PublicCard.Card.RateFor(Meter.Playback.None));
    }

    [Fact]
    public void Downloads_are_told_by_a_boolean_and_missing_departments_by_null()
    {
        RateCard card = Cards.Of(
            $"{{'id': 'a', 'meter': 'delivery', 'where': {{'download': [true]}}, {Rest}}}, "
            + $"{{'id': 'b', 'meter': 'delivery', 'where': {{'organization': ['Science', null], 'department': [null]}}, {Rest}}}");
        Assert.Equal(0, card.RateFor(new Dimensions(Meter.Delivery, "vod-department", "Science", "Biology", "true")));
        Assert.Equal(1, card.RateFor(new Dimensions(Meter.Delivery, "vod-department", "Science", null, "false")));
        Assert.Equal(-1, card.RateFor(new Dimensions(Meter.Delivery, "vod-department", "Science", "Biology", "false")));
        Assert.Equal(1, card.RateFor(new Dimensions(Meter.Delivery, "live", null, null, "false")));
    }

    [Fact]
    public void A_card_that_is_written_and_read_again_says_the_same()
    {
        string json = RateCardJson.ToJson(PublicCard.Card);
        CardReading again = RateCardJson.Read(PublicCard.Card.Version, System.Text.Encoding.UTF8.GetBytes(json));
        Assert.Empty(again.Faults);
        Assert.True(RateCardJson.Same(PublicCard.Card, again.Card!));
        Assert.Equal(json, RateCardJson.ToJson(again.Card!));
    }

    [Fact]
    public void A_default_that_is_spelt_out_changes_nothing()
    {
        string plain = "{'id': 'b', 'meter': 'whiteboard', 'period': 'day', 'unit': {'name': 'minute', 'size': 60}, 'roundUp': 'period', 'per': 1, 'price': '7.00'";
        RateCard spelt = Cards.Of(plain + ", 'scope': 'application', 'where': {}, 'wholeBlocks': false, 'free': 0, 'source': null}");
        Assert.True(RateCardJson.Same(Cards.Of(plain + "}"), spelt));
        Assert.False(RateCardJson.Same(Cards.Of(plain.Replace("7.00", "7.01") + "}"), spelt));
    }

    [Fact]
    public void Tiers_and_packages_are_written_as_the_contract_shapes_them()
    {
        RateCard card = Cards.Of(
            "{'id': 'av', 'meter': 'av', 'period': 'day', 'unit': {'name': 'minute', 'size': 60}, 'roundUp': 'class', 'per': 1, "
            + "'model': 'volume', 'tiers': [{'upTo': 5, 'price': '1'}, {'upTo': null, 'price': '0.5'}]}",
            Cards.Package("m1", 90, "account", "{'rate': 'av', 'ratio': '0.5'}"));
        using var json = JsonDocument.Parse(RateCardJson.ToJson(card));
        JsonElement rate = json.RootElement.GetProperty("rates")[0];
        Assert.Equal("volume", rate.GetProperty("model").GetString());
        Assert.Equal(JsonValueKind.Null, rate.GetProperty("tiers")[1].GetProperty("upTo").ValueKind);
        JsonElement package = json.RootElement.GetProperty("packages")[0];
        Assert.Equal(90, package.GetProperty("quantity").GetInt32());
        Assert.Equal("0.5", package.GetProperty("covers")[0].GetProperty("ratio").GetString());
        Assert.Equal(("P1M", "8.00"), (package.GetProperty("validity").GetString(), package.GetProperty("price").GetString()));
    }

    [Fact] // 4.6
    public void The_card_in_force_on_a_day_is_the_last_that_has_begun()
    {
        CardVersions versions = Published(Version(2027, 3, 1), Version(2027, 5, 1));
        Assert.Null(versions.InForce(new LocalDate(2027, 2, 28)));
        Assert.Equal(new LocalDate(2027, 3, 1), versions.InForce(new LocalDate(2027, 4, 30))!.Version.EffectiveFrom);
        Assert.Equal(new LocalDate(2027, 5, 1), versions.InForce(new LocalDate(2027, 5, 1))!.Version.EffectiveFrom);
    }

    [Fact] // 4.6
    public void A_published_version_never_changes()
    {
        CardVersions versions = Published(Version(2027, 3, 1));
        Assert.Null(versions.Publish(Version(2027, 3, 1), new LocalDate(2027, 4, 1)).Refusal);
        Assert.Equal(PublishRefusal.Immutable, versions.Publish(Version(2027, 3, 1, "9.99"), new LocalDate(2027, 1, 1)).Refusal);
    }

    [Theory] // 4.6
    [InlineData("2027-03-31", true)]
    [InlineData("2027-04-01", true)]
    [InlineData("2027-04-02", false)]
    public void Only_the_first_version_of_a_card_may_begin_in_the_past(string from, bool refused)
    {
        LocalDate start = NodaTime.Text.LocalDatePattern.Iso.Parse(from).Value;
        Publishing next = Published(Version(2020, 1, 1)).Publish(Version(start.Year, start.Month, start.Day), new LocalDate(2027, 4, 1));
        Assert.Equal(refused ? PublishRefusal.BeginsInThePast : null, next.Refusal);
        Assert.Equal(refused ? 1 : 2, next.Versions.All.Count);
    }

    [Fact] // 1.2
    public void All_versions_of_a_card_are_in_one_currency()
    {
        CardVersions versions = Published(Version(2027, 3, 1));
        Assert.Equal(PublishRefusal.OtherCurrency, versions.Publish(Version(2027, 5, 1, currency: "EUR"), new LocalDate(2027, 1, 1)).Refusal);
        Assert.Equal(PublishRefusal.OtherCurrency, versions.Publish(Version(2027, 2, 1, currency: "EUR"), new LocalDate(2027, 1, 1)).Refusal);
        Assert.Equal(PublishRefusal.Immutable, versions.Publish(Version(2027, 3, 1, currency: "EUR"), new LocalDate(2027, 1, 1)).Refusal);
    }

    private static RateCard Version(int year, int month, int day, string price = "0.99", string currency = "USD")
    {
        string json = Cards.Document(Cards.Av.Replace("0.99", price)).Replace("USD", currency);
        return RateCardJson.Read(new RateCardVersion("test", new LocalDate(year, month, day)), System.Text.Encoding.UTF8.GetBytes(json)).Card!;
    }

    [Fact] // 4.6: what is published is kept by this form
    public void A_card_with_all_that_a_card_can_say_is_written_as_it_was_given()
    {
        const string given = """
            {"card": "test", "effectiveFrom": "2027-01-01", "currency": "USD", "rates": [
              {"id": "d", "meter": "delivery", "where": {"dataType": ["vod-department"], "department": ["Bio", null], "download": [true, false]}, "period": "month",
               "scope": "account", "unit": {"name": "GB", "size": 1000}, "roundUp": "class", "per": 3, "wholeBlocks": true, "free": 7,
               "model": "graduated", "tiers": [{"upTo": 5, "price": "1.50"}, {"upTo": null, "price": "0.5"}], "source": "ours"},
              {"id": "a", "meter": "av", "where": {}, "period": "day", "scope": "application", "unit": {"name": "minute", "size": 60},
               "roundUp": "participant", "per": 1, "wholeBlocks": false, "free": 0, "price": "0.99"}],
             "packages": [{"sku": "p", "name": "A package", "quantity": 90, "unit": "minute", "covers": [{"rate": "a", "ratio": "1.5"}],
               "scope": "account", "validity": "P1M", "price": "8.00"}]}
            """;
        CardReading read = Cards.Read(given);
        Assert.Empty(read.Faults);
        var wanted = JsonNode.Parse(given);
        var written = JsonNode.Parse(RateCardJson.ToJson(read.Card!));
        Assert.True(JsonNode.DeepEquals(wanted, written), $"{written}");
    }

    private static CardVersions Published(params RateCard[] cards) =>
        cards.Aggregate(CardVersions.None, (versions, card) => versions.Publish(card, new LocalDate(2027, 1, 1)).Versions);
}

using System.Text;
using Minutebook.Core.Rating;
using Xunit;

namespace Minutebook.Core.Tests.Rating;

public sealed class CardFaultTests
{
    private const string Rest = "'period': 'day', 'unit': {'name': 'u', 'size': 1}, 'roundUp': 'period', 'per': 1, 'price': '1'";

    [Theory]
    [InlineData("'per': 1000", "'per': 0", "/rates/0/per")]
    [InlineData("'per': 1000", "'per': 1.5", "/rates/0/per")]
    [InlineData("'per': 1000, ", "", "/rates/0/per")]
    [InlineData("'size': 60", "'size': 0", "/rates/0/unit/size")]
    [InlineData("'meter': 'av'", "'meter': 'tea'", "/rates/0/meter")]
    [InlineData("'meter': 'av'", "'meter': 'av', 'where': {'kind': ['camera']}", "/rates/0/where/kind")]
    [InlineData("'meter': 'av'", "'meter': 'av', 'where': {'tier': ['8k']}", "/rates/0/where/tier/0")]
    [InlineData("'meter': 'av'", "'meter': 'av', 'where': {'tier': [null]}", "/rates/0/where/tier/0")]
    [InlineData("'meter': 'av'", "'meter': 'av', 'where': {'tier': []}", "/rates/0/where/tier")]
    [InlineData("'meter': 'av'", "'meter': 'av', 'where': {'tier': ['hd', 'audio', 'hd']}", "/rates/0/where/tier/2")]
    [InlineData("'period': 'day'", "'period': 'week'", "/rates/0/period")]
    [InlineData("'period': 'day'", "'period': 'day', 'source': 7", "/rates/0/source")]
    [InlineData("'USD'", "'USD', 'card': 'another'", "/card")]
    [InlineData("'USD'", "'USD', 'effectiveFrom': '2026-12-31'", "/effectiveFrom")]
    [InlineData("[{'rate': 'av', 'ratio': '1'}]", "[]", "/packages/0/covers")]
    [InlineData("{'rate': 'av', 'ratio': '1'}", "{'rate': 'av', 'ratio': '1'}, {'rate': 'av', 'ratio': '2'}", "/packages/0/covers/1/rate")]
    [InlineData("'period': 'day'", "'period': 'day', 'free': -1", "/rates/0/free")]
    [InlineData("'period': 'day'", "'period': 'day', 'wholeblocks': true", "/rates/0/wholeblocks")]
    [InlineData("'price': '0.99'", "'price': 0.99", "/rates/0/price")]
    [InlineData("'price': '0.99'", "'price': '-1'", "/rates/0/price")]
    [InlineData("'price': '0.99'", "'price': '1', 'model': 'volume', 'tiers': [{'upTo': null, 'price': '1'}]", "/rates/0/price")]
    [InlineData("'price': '0.99'", "'source': 'none'", "/rates/0/price")]
    [InlineData("'price': '0.99'", "'model': 'volume', 'tiers': [{'upTo': 5, 'price': '1'}]", "/rates/0/tiers/0/upTo")]
    [InlineData("'price': '0.99'", "'model': 'volume', 'tiers': [{'upTo': 5, 'price': '1'}, {'upTo': 5, 'price': '1'}, {'upTo': null, 'price': '1'}]", "/rates/0/tiers/1/upTo")]
    [InlineData("'price': '0.99'", "'model': 'volume', 'tiers': []", "/rates/0/tiers")]
    [InlineData("'USD'", "'USX'", "/currency")]
    [InlineData("'quantity': 90", "'quantity': 0", "/packages/0/quantity")]
    [InlineData("'ratio': '1'", "'ratio': '0'", "/packages/0/covers/0/ratio")]
    [InlineData("'rate': 'av'", "'rate': 'tea'", "/packages/0/covers/0/rate")]
    [InlineData("'P1M'", "'P1M2D'", "/packages/0/validity")]
    [InlineData("'P1M'", "'P0D'", "/packages/0/validity")]
    [InlineData("'P1M'", "'P2W'", "/packages/0/validity")]
    [InlineData("'8.00'", "'8.0000001'", "/packages/0/price")]
    public void Each_mistake_is_pointed_at(string right, string wrong, string pointer)
    {
        string document = Cards.Document(Cards.Av, Cards.Package("m90", 90));
        string changed = document.Replace(right.Replace('\'', '"'), wrong.Replace('\'', '"'));
        Assert.NotEqual(document, changed);
        CardReading read = Cards.Read(changed);
        Assert.Null(read.Card);
        CardFault fault = Assert.Single(read.Faults);
        Assert.Equal(pointer, fault.Pointer);
        Assert.EndsWith(".", fault.Detail);
    }

    [Fact]
    public void What_is_wrong_is_said_in_words_that_an_operator_can_act_on()
    {
        string broken = Cards.Document(
            $"{{'id': 'a', 'meter': 'av', {Rest}, 'model': 'volume', 'wholeBlocks': 1, 'source': 2}}, {{'id': 'a', 'meter': 'tea', {Rest.Replace("'day'", "'week'")}}}",
            $"{Cards.Package("m", 90).Replace("P1M", "soon")}, {Cards.Package("m", 0, covers: "{'rate': 'b'}, {'rate': 'a'}, {'rate': 'a'}")}");
        Assert.Equal(
            [
                "/rates/0/wholeBlocks: 'wholeBlocks' is true or false.",
                "/rates/0/price: A rate has one price or a model with tiers, not both: take one of them out.",
                "/rates/0/source: 'source' says where the price comes from, a text of at most 2000 characters.",
                "/rates/1/meter: There is no meter 'tea'; the meters are av, playback, whiteboard, recording, slicing, screenshot, storage, delivery, peak.",
                "/rates/1/period: 'period' is 'day' or 'month'.",
                "/packages/0/validity: 'soon' is no validity: give days, months or years, up to a hundred years, such as P30D, P1M or P1Y.",
                "/packages/1/quantity: 'quantity' is how many of its own units it holds: a decimal above 0 and below 10^12, with at most 12 digits after the point.",
                "/packages/1/covers/0/ratio: 'ratio' is missing: give units of it for one billed unit.",
                "/packages/1/covers/1/ratio: 'ratio' is missing: give units of it for one billed unit.",
                "/packages/1/covers/2/ratio: 'ratio' is missing: give units of it for one billed unit.",
                "/rates/1/id: A rate above is called 'a' too: give each its own id.",
                "/packages/0/covers/0/rate: This card has no rate 'av': name one that it has.",
                "/packages/1/sku: A package above is called 'm' too: give each its own sku.",
                "/packages/1/covers/0/rate: This card has no rate 'b': name one that it has.",
                "/packages/1/covers/2/rate: The package covers 'a' already: name each rate once.",
            ],
            Cards.Read(broken).Faults.Select(fault => $"{fault.Pointer}: {fault.Detail}"));
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        CardReading read = Cards.Read("{'currency': 'X', 'rates': [{'id': ''}, 7], 'packages': [{}]}");
        string[] pointers = [.. read.Faults.Select(fault => fault.Pointer)];
        Assert.Superset(
            new HashSet<string> { "/currency", "/rates/0/id", "/rates/0/meter", "/rates/0/unit", "/rates/0/price", "/rates/1", "/packages/0/sku", "/packages/0/covers" },
            pointers.ToHashSet());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{'currency': 'USD', 'currency': 'EUR', 'rates': []}")]
    [InlineData("[]")]
    [InlineData("{'currency': '\\ud800', 'rates': []}")]
    [InlineData("{'\\ud800': 1}")]
    public void What_is_no_document_at_all_is_a_fault_and_no_crash(string document)
    {
        Assert.NotEmpty(Cards.Read(document).Faults);
    }

    [Fact]
    public void Two_rates_cannot_have_one_name()
    {
        CardReading read = Cards.Read(Cards.Document($"{{'id': 'a', 'meter': 'whiteboard', {Rest}}}, {{'id': 'a', 'meter': 'peak', {Rest}}}"));
        Assert.Equal("/rates/1/id", Assert.Single(read.Faults).Pointer);
    }

    [Fact]
    public void Two_packages_cannot_have_one_sku()
    {
        CardReading read = Cards.Read(Cards.Document(Cards.Av, $"{Cards.Package("m90", 90)}, {Cards.Package("m90", 120)}"));
        Assert.Equal("/packages/1/sku", Assert.Single(read.Faults).Pointer);
    }

    [Fact]
    public void A_list_of_rates_is_a_list_and_not_a_number()
    {
        CardReading read = Cards.Read("{'currency': 'USD', 'rates': 7}");
        Assert.Equal("/rates", Assert.Single(read.Faults).Pointer);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void A_cards_id_has_1_to_so_many_characters(int characters, bool right)
    {
        var version = new RateCardVersion(new string('c', characters), Cards.From);
        CardReading read = RateCardJson.Read(version, Encoding.UTF8.GetBytes(Cards.Document(Cards.Av)));
        Assert.Equal(right ? [] : ["/card"], read.Faults.Select(fault => fault.Pointer));
    }

    [Fact]
    public void A_card_that_is_read_back_may_be_published_as_it_is()
    {
        string document = Cards.Document(Cards.Av).Replace("{\"currency\"", "{\"card\": \"test\", \"effectiveFrom\": \"2027-01-01\", \"currency\"");
        Assert.Empty(Cards.Read(document).Faults);
    }

    [Theory] // 4: a rate that can never match is refused
    [InlineData("av", "", "'tier': ['hd']", true)]
    [InlineData("av", "'tier': ['hd']", "", false)]
    [InlineData("av", "'tier': ['audio', 'hd', 'fhd', '2k', '4k']", "", true)]
    [InlineData("av", "'tier': ['audio', 'hd', 'fhd', '2k']", "", false)]
    [InlineData("whiteboard", "", "", true)]
    [InlineData("delivery", "'organization': ['Science']", "'organization': ['Arts']", false)]
    [InlineData("delivery", "'organization': ['Science']", "'organization': ['Science'], 'department': ['Biology']", true)]
    [InlineData("delivery", "'organization': ['Science', null]", "", false)]
    [InlineData("delivery", "'organization': [null]", "'dataType': ['live']", true)]
    [InlineData("delivery", "'download': [true, false]", "'dataType': ['live']", true)]
    [InlineData("delivery", "", "'dataType': ['vod-department'], 'organization': ['Science']", true)]
    [InlineData("delivery", "'dataType': ['live']", "'dataType': ['other'], 'download': [false]", false)]
    [InlineData("delivery", "'dataType': ['other']", "'dataType': ['live'], 'download': [false]", false)]
    [InlineData("delivery", "'download': [true]", "'dataType': ['vod-institution'], 'download': [false]", false)]
    [InlineData("delivery", "'download': [false]", "'dataType': ['vod-institution'], 'download': [true]", false)]
    [InlineData("delivery", "'download': [true]", "'dataType': ['vod-department'], 'organization': ['Science'], 'download': [false]", false)]
    [InlineData("delivery", "'download': [false]", "'dataType': ['vod-department'], 'organization': ['Science'], 'download': [true]", false)]
    [InlineData("delivery", "'download': [true]", "'dataType': ['vod-department'], 'organization': [null], 'download': [false]", false)]
    [InlineData("delivery", "'download': [false]", "'dataType': ['vod-department'], 'organization': [null], 'download': [true]", false)]
    [InlineData("recording", "'kind': ['camera', 'screen', 'whiteboard', 'audio']", "'kind': ['mixed']", false)]
    [InlineData("recording", "'kind': ['screen', 'whiteboard', 'audio', 'mixed']", "'kind': ['camera']", false)]
    [InlineData("recording", "'kind': ['camera', 'screen', 'whiteboard', 'audio', 'mixed']", "", true)]
    [InlineData("slicing", "'mode': ['audio', 'video']", "", true)]
    [InlineData("slicing", "'mode': ['audio']", "'mode': ['video']", false)]
    [InlineData("slicing", "'mode': ['video']", "'mode': ['audio']", false)]
    public void A_rate_that_earlier_ones_leave_nothing_is_refused(string meter, string first, string second, bool refused)
    {
        CardReading read = Cards.Read(Cards.Document(
            $"{{'id': 'a', 'meter': '{meter}', 'where': {{{first}}}, {Rest}}}, {{'id': 'b', 'meter': '{meter}', 'where': {{{second}}}, {Rest}}}"));
        Assert.Equal(refused ? ["/rates/1/where"] : [], read.Faults.Select(fault => fault.Pointer));
    }

    [Fact] // several earlier rates together
    public void Rates_that_together_take_all_leave_nothing()
    {
        string[] wheres = ["'dataType': ['live', 'other']", "'download': [true]", "'department': [null]", "'organization': [null]", "'organization': ['Science']"];
        IEnumerable<string> rates = wheres.Select((where, i) => $"{{'id': '{i}', 'meter': 'delivery', 'where': {{{where}}}, {Rest}}}");
        Assert.Empty(Cards.Read(Cards.Document(string.Join(", ", rates))).Faults);
        string last = $"{{'id': 'x', 'meter': 'delivery', 'where': {{'organization': ['Science'], 'department': ['Biology']}}, {Rest}}}";
        CardReading read = Cards.Read(Cards.Document(string.Join(", ", [.. rates, last])));
        Assert.Equal("/rates/5/where", Assert.Single(read.Faults).Pointer);
    }

    [Theory] // 3.4: only vod-department has an organization, only vod is downloaded
    [InlineData("'dataType': ['live'], 'organization': ['Science']")]
    [InlineData("'dataType': ['other'], 'download': [true]")]
    [InlineData("'dataType': ['vod-department'], 'organization': [null], 'department': [null]")]
    public void A_rate_for_usage_that_does_not_exist_is_refused(string where)
    {
        CardReading read = Cards.Read(Cards.Document($"{{'id': 'a', 'meter': 'delivery', 'where': {{{where}}}, {Rest}}}"));
        Assert.Equal("/rates/0/where", Assert.Single(read.Faults).Pointer);
    }
}

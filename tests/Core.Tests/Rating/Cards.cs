using System.Text;
using Minutebook.Core.Rating;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Rating;

/// <summary>Cards for tests, as an operator would write them, with ' for ".</summary>
internal static class Cards
{
    public const string Av = "{'id': 'av', 'meter': 'av', 'period': 'day', 'unit': {'name': 'minute', 'size': 60}, 'roundUp': 'period', 'per': 1000, 'price': '0.99'}";

    public static LocalDate From { get; } = new(2027, 1, 1);

    public static string Package(string sku, int quantity, string scope = "application", string covers = "{'rate': 'av', 'ratio': '1'}") =>
        $"{{'sku': '{sku}', 'name': '{sku}', 'quantity': {quantity}, 'unit': 'minute', 'covers': [{covers}], 'scope': '{scope}', "
        + "'validity': 'P1M', 'price': '8.00'}";

    public static string Document(string rates, string packages = "") =>
        $"{{'currency': 'USD', 'rates': [{rates}], 'packages': [{packages}]}}".Replace('\'', '"');

    public static CardReading Read(string document) =>
        RateCardJson.Read(new RateCardVersion("test", From), Encoding.UTF8.GetBytes(document.Replace('\'', '"')));

    public static RateCard Of(string rates, string packages = "")
    {
        CardReading read = Read(Document(rates, packages));
        Assert.Empty(read.Faults);
        return read.Card!;
    }

    /// <summary>A rate of whiteboard minutes with these further fields.</summary>
    public static Rate Rate(string fields) =>
        Of($"{{'id': 'r', 'meter': 'whiteboard', 'period': 'day', 'unit': {{'name': 'minute', 'size': 60}}, 'roundUp': 'period', {fields}}}").Rates[0];
}

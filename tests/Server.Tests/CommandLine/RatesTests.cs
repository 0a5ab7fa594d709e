using System.Text.Json;
using Minutebook.Cli;
using Xunit;

namespace Minutebook.Server.Tests.CommandLine;

/// <summary>Rate cards as files: checked, compared with what is published, published.</summary>
public sealed class RatesTests(Served served) : IClassFixture<Served>, IDisposable
{
    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    private async Task<int> RunAsync(string what, string? card = null)
    {
        if (card is not null)
        {
            await File.WriteAllTextAsync(file, card);
        }

        string[] server = what == "check" ? [] : ["--url", served.Host.Address, "--key", served.Key];
        return await Rates.Command().Parse([what, file, .. server]).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
    }

    private static string Card(string name, string price, string from = "2027-01-01") => $$"""
        {"card": "{{name}}", "effectiveFrom": "{{from}}", "currency": "USD",
         "rates": [{"id": "av", "meter": "av", "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "{{price}}"}]}
        """;

    [Fact]
    public async Task A_card_in_a_file_is_compared_published_and_then_the_same()
    {
        Assert.Equal(0, await RunAsync("check", Card("filed", "7.00")));
        Assert.Equal(1, await RunAsync("diff"));
        Assert.Equal(0, await RunAsync("publish"));
        Assert.Equal(0, await RunAsync("diff"));
        Assert.Equal(0, await RunAsync("publish"));
        Assert.Equal(1, await RunAsync("diff", Card("filed", "8.00")));
        Failure refused = await Assert.ThrowsAsync<Failure>(() => RunAsync("publish"));
        Assert.Equal(4, refused.Code);
    }

    [Fact]
    public async Task What_is_wrong_with_a_card_is_said_with_its_place()
    {
        Failure wrong = await Assert.ThrowsAsync<Failure>(() => RunAsync("check", Card("wrong", "7,00")));
        Assert.Contains("/rates/0/price", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("effectiveFrom", (await Assert.ThrowsAsync<Failure>(() => RunAsync("check", "{}"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Differences_are_told_rate_by_rate()
    {
        using var before = JsonDocument.Parse("""{"currency": "USD", "rates": [{"id": "a", "price": "1"}, {"id": "b"}], "packages": [{"sku": "p"}]}""");
        using var after = JsonDocument.Parse("""{"currency": "USD", "rates": [{"id": "a", "price": "2"}, {"id": "c"}], "packages": []}""");
        Assert.Equal(
            ["- rate b", "~ rate a: price \"1\" → \"2\"", "+ rate c", "- package p"],
            CardDifferences.Of(before.RootElement, after.RootElement));
    }
}

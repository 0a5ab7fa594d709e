using System.CommandLine;
using System.Text.Json;
using Minutebook.Cli;
using Xunit;

namespace Minutebook.Server.Tests.CommandLine;

/// <summary>Money and packages from the command line, each by a reference that makes it happen once (rule 6.5).</summary>
public sealed class MoneyTests(Served served) : IClassFixture<Served>
{
    private Task<int> RunAsync(Command command, params string[] arguments) =>
        command.Parse([.. arguments, "--url", served.Host.Address, "--key", served.Key]).InvokeAsync(new() { EnableDefaultExceptionHandler = false });

    [Fact]
    public async Task Money_is_put_in_a_package_bought_and_given_back_each_once()
    {
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/shop/versions/2026-01-01", new
        {
            currency = "USD",
            rates = new[] { new { id = "av", meter = "av", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1000, price = "1.00" } },
            packages = new[] { new { sku = "m90", name = "90 minutes", quantity = "90", unit = "minute", covers = new[] { new { rate = "av", ratio = "1" } }, scope = "account", validity = "P1M", price = "8.00" } },
        });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/buyer", new { name = "Buyer", currency = "USD", timeZone = "UTC", rateCard = "shop" });

        for (int twice = 0; twice < 2; twice++)
        {
            Assert.Equal(0, await RunAsync(Wallet.TopUp(), "buyer", "20.00", "--reference", "transfer-1"));
            Assert.Equal(0, await RunAsync(PackageCommand.Command(), "buy", "buyer", "m90", "--reference", "order-1"));
        }

        Assert.Equal(0, await RunAsync(PackageCommand.Command(), "list", "buyer"));
        Assert.Equal(["20.000000", "-8.000000"], await AmountsAsync());
        JsonElement package = Assert.Single((await served.GetAsync("/v1/accounts/buyer/packages")).GetProperty("items").EnumerateArray());
        Assert.Equal(0, await RunAsync(PackageCommand.Command(), "refund", "buyer", package.GetProperty("package").GetString()!));
        Assert.Equal(["20.000000", "-8.000000", "8.000000"], await AmountsAsync());
        Assert.Equal(0, await RunAsync(Wallet.Ledger(), "buyer"));

        Failure again = await Assert.ThrowsAsync<Failure>(() => RunAsync(PackageCommand.Command(), "refund", "buyer", package.GetProperty("package").GetString()!));
        Assert.Equal(4, again.Code);
        Failure other = await Assert.ThrowsAsync<Failure>(() => RunAsync(Wallet.TopUp(), "buyer", "21.00", "--reference", "transfer-1"));
        Assert.Equal(4, other.Code);
        Assert.NotEmpty(Wallet.TopUp().Parse(["buyer", "20.00"]).Errors);
    }

    [Fact]
    public async Task What_one_thing_is_wrong_is_said_once()
    {
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/payer", new { name = "Payer", currency = "USD", timeZone = "UTC" });

        Failure refused = await Assert.ThrowsAsync<Failure>(() => RunAsync(Wallet.TopUp(), "payer", "a lot", "--reference", "transfer-1"));

        Assert.Equal(2, refused.Message.Split("/amount: ").Length);
    }

    private async Task<string[]> AmountsAsync() =>
        [.. (await served.GetAsync("/v1/accounts/buyer/ledger")).GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("amount").GetString()!)];
}

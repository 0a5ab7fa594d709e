using Minutebook.Server.Tests.Processes;
using Xunit;

namespace Minutebook.Server.Tests.CommandLine;

public sealed class StandingCommandTests(Served served) : IClassFixture<Served>
{
    [Fact]
    public async Task Minutebook_standing_shows_how_it_came_about_and_what_would_come()
    {
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "Asia/Shanghai" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/math", new { name = "Math", plan = "monthly-package" });
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/school/terminate", new { reason = "spam [and worse]" });

        (int code, string said) = await RunAsync("school");
        Assert.Equal(0, code);
        Assert.Contains("terminated", said);
        Assert.Contains("spam [and worse]", said);
        Assert.Contains("account-terminated, package-expired", said);
        Assert.DoesNotContain("nothing were paid", said);

        (code, said) = await RunAsync("school", "--dry-run", "2027-03-02");
        Assert.Equal(0, code);
        Assert.Contains("If nothing were paid, until 2027-03-02T15:59:59.999Z", said);
        Assert.Contains("2027-03-01T00:00:00Z   account.release-coming", said);
        Assert.Contains("2027-03-02T00:00:00Z   account.released", said);
        Assert.Contains("1 application. Bills", string.Join(' ', said.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));

        (code, said) = await RunAsync("school", "--dry-run", "2027-03-02", "--json");
        Assert.Equal(0, code);
        Assert.Equal(4, System.Text.Json.JsonDocument.Parse(said).RootElement.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task An_account_that_there_is_not_is_said_to_be_none()
    {
        (int code, string said) = await RunAsync("nobodys");
        Assert.NotEqual(0, code);
        Assert.Contains("nobodys", said);
    }

    private Task<(int Code, string Said)> RunAsync(params string[] arguments) =>
        ServingProcess.RunAsync(["standing", .. arguments, "--url", served.Host.Address, "--key", served.Key]);
}

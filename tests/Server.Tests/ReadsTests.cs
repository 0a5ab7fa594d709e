using Minutebook.Core.Accounts;
using Xunit;

namespace Minutebook.Server.Tests;

public sealed class ReadsTests(Served served) : IClassFixture<Served>
{
    [Fact]
    public async Task However_many_accounts_there_are_all_are_read()
    {
        string[] ids = ["a", "b", "c", "d", "e"];
        foreach (string id in ids)
        {
            await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{id}", new { name = "School", currency = "USD", timeZone = "UTC" });
        }

        using Store.Reader read = served.Host.Engine.Store.Read();
        foreach (int atOnce in (int[])[1, 2, 4, 5, 6])
        {
            Assert.Equal(ids, read.States(atOnce: atOnce).Select(static (AccountState account) => account.Id));
        }
    }
}

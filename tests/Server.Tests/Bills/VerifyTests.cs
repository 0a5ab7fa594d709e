using System.Text;
using Minutebook.Core.Billing;
using Minutebook.Engine;
using Minutebook.Store;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

public sealed class VerifyTests
{
    [Fact]
    public async Task The_journal_alone_gives_every_bill_again_adjustments_and_packages_too()
    {
        var campus = new Campus();
        await campus.InitializeAsync();
        try
        {
            await campus.Served.StopAsync();
            using Store.Store store = Store.Store.Open(new StoreOptions { Directory = campus.Served.Data, Postgres = Testing.TestStore.PostgresOf(campus.Served.Data) });
            foreach ((string account, string number) in new[]
            {
                ("school", Campus.First), ("school", Campus.Second), ("school", Campus.Month), ("packed", "packed-D-2027-01-01"),
            })
            {
                using Reader read = store.Read();
                Bill? again = Verified(store, account, number);
                Assert.Equal(Encoding.UTF8.GetString(read.Bill(number)!.Value.Json), BillJson.ToJson(again!));
            }

            Assert.Null(Verified(store, "school", "school-D-2027-01-05"));
            Assert.Null(Verified(store, "packed", Campus.First));
        }
        finally
        {
            await campus.DisposeAsync();
        }
    }

    private static Bill? Verified(Store.Store store, string account, string number)
    {
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("minutebook-verify-");
        try
        {
            return BillVerification.Of(store, account, number, scratch.FullName).Bill;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }
}

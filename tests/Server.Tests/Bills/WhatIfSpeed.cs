using System.Diagnostics;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Reference;
using Minutebook.Store;
using NodaTime;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Server.Tests.Bills;

/// <summary>A year of an account with a million classes by another card; measured with MINUTEBOOK_TEST_LONG=1, a hundredth of it without.</summary>
public sealed class WhatIfSpeed(ITestOutputHelper output)
{
    private static readonly LocalDate First = new(2026, 1, 1);
    private static readonly int ClassesADay = TestRun.IsLong ? 2_740 : 27;

    [Fact]
    public void A_years_classes_are_settled_by_another_card()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("minutebook-");
        try
        {
            using Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory.FullName });
            AccountState account = Fill(store);
            using Reader read = store.Read();
            CardVersions card = read.Card(PublicCard.Id);
            Instant now = Instant.FromUtc(2027, 1, 2, 0, 0);
            long start = Stopwatch.GetTimestamp();
            TimeSpan used = Process.GetCurrentProcess().TotalProcessorTime;

            WhatIfView view = new WhatIf(account, First, First.PlusYears(1), card, now).View(read);

            output.WriteLine(
                $"{365 * ClassesADay:#,0} classes in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s, "
                + $"{(Process.GetCurrentProcess().TotalProcessorTime - used).TotalSeconds:0.0} s of processor");
            Assert.Equal(10, view.Lines.Count);
            Assert.Equal(365 * ClassesADay * 90L, view.Lines.Sum(line => (long)line.WouldCost!.Quantity));
            Assert.Equal(365, view.Periods.Count);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>Of each class 90 seconds of presence, in the rows that the fold would have written.</summary>
    private static AccountState Fill(Store.Store store)
    {
        Book book = Book.Create(new Command.PutAccount("large", "Large", "USD", "Asia/Shanghai"), new RateCards(), 1_767_225_600_000).Book!;
        int shard = store.ShardOf("large");
        string audio = new Dimensions(Meter.Av, "audio").Key;
        int page = 0;
        for (int day = 0; day < 365; day++)
        {
            var changes = new Changes();
            long start = Instant.FromUtc(2026, 1, 1, 0, 0).ToUnixTimeMilliseconds() + (day * 86_400_000L);
            for (int i = 0; i < ClassesADay; i++)
            {
                page++;
                changes.Classes.Add(new ClassRow("large", page, 0, $"app-{i % 10}", $"class-{page}", null, start + i, start + i + 90_000, 1, 1, 90, 0, 0, false));
                changes.ClassUsage.Add(new ClassUsageRow("large", JsonText.Of(First.PlusDays(day)), page, $"app-{i % 10}", $"class-{page}", "av", audio, 90, 0, 0));
            }

            foreach (IGrouping<string, ClassUsageRow> application in changes.ClassUsage.GroupBy(row => row.Application))
            {
                changes.UsageSpans.Add(new UsageSpanRow(
                    "large", (int)UsageSpan.Day, "av", Calendar.Number(First.PlusDays(day)), application.Key, audio, application.Count() * 90));
            }

            store.Write(shard, changes, 0, 0);
        }

        return JsonSerializer.Deserialize<AccountState>(JsonSerializer.Serialize(book.State, AccountState.Json), AccountState.Json)!;
    }
}

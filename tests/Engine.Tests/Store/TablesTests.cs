using System.Text;
using Minutebook.Core;
using Minutebook.Core.Metering;
using Minutebook.Store;
using SQLitePCL;
using Xunit;

namespace Minutebook.Engine.Tests.Storing;

public sealed class TablesTests
{
    private static readonly Int128 Huge = Int128.MaxValue - 7;

    private static byte[] Json(string text) => Encoding.UTF8.GetBytes(text);

    private static void Write(Store.Store store, string account, Action<Changes> fill, long position = 0)
    {
        Changes changes = new();
        fill(changes);
        store.Write(store.ShardOf(account), changes, position, position * 10);
    }

    private static ClassRow Class(
        int page, long start, string name, Int128 seconds = default, bool deleted = false, string application = "app", int type = 0) =>
        new("a", page, type, application, name, null, start, null, 0, 1, seconds, 2, -Huge, deleted);

    [Fact]
    public void Accounts_applications_cards_and_sections_come_back_as_they_were_written()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        foreach (string account in (string[])["c", "a", "ü'; DROP TABLE accounts; --", "b"])
        {
            Write(store, account, changes => changes.Accounts.Add(new AccountRow(account, Json($"{{\"is\":\"{account}\"}}"))));
        }

        Write(store, "", changes =>
        {
            changes.Directory.Add(new DirectoryRow("app-2", "a"));
            changes.Directory.Add(new DirectoryRow("app-1", "b"));
            changes.Cards.Add(new CardRow("standard", "2026-02-01", Json("{}")));
            changes.Cards.Add(new CardRow("standard", "2026-01-01", Json("[]")));
        });
        Write(store, "a", changes =>
        {
            changes.Sections.Add(new SectionRow("a", "s2", null, "o", null));
            changes.Sections.Add(new SectionRow("a", "s1", "c", null, "d"));
        });

        using Reader reader = store.Read();
        Assert.Equal("{\"is\":\"a\"}", Encoding.UTF8.GetString(reader.Account("a")!.Value.State));
        Assert.Null(reader.Account("nobody"));
        Assert.Equal(["a", "b", "c", "ü'; DROP TABLE accounts; --"], reader.AccountsAfter("", 10).Select(row => row.Account));
        Assert.Equal(["b", "c"], reader.AccountsAfter("a", 2).Select(row => row.Account));
        Assert.Equal(4, Enumerable.Range(0, store.Shards + 1).Sum(shard => reader.Accounts(shard).Count()));
        Assert.Equal([new("app-1", "b"), new("app-2", "a")], reader.Directory());
        Assert.Equal("a", reader.AccountOf("app-2"));
        Assert.Null(reader.AccountOf("app-3"));
        Assert.Equal([new DirectoryRow("app-2", "a")], reader.Directory(["app-2"]));
        // More than are asked for in one question, and not as many as two.
        string[] many = ["app-1", .. Enumerable.Range(3, 400).Select(static number => $"app-{number}"), "app-2"];
        Assert.Equal([new("app-1", "b"), new("app-2", "a")], reader.Directory(many).OrderBy(static row => row.Application));
        Assert.Empty(reader.Directory([]));
        Assert.Equal(["2026-01-01", "2026-02-01"], reader.CardsOf("standard").Select(row => row.EffectiveFrom));
        Assert.Equal(2, reader.Cards().Count);
        Assert.Equal([new("a", "s1", "c", null, "d"), new("a", "s2", null, "o", null)], reader.Sections(store.ShardOf("a")).OrderBy(row => row.Section));
        Assert.Equal(new SectionRow("a", "s2", null, "o", null), reader.Section("a", "s2"));
    }

    [Fact]
    public void Pages_and_their_chunks_come_back_as_they_were_written()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        PageRow first = new("a", 1, "app", 0, "class-1", 500, 0), second = new("a", 2, "app", 1, "2026-11-03", null, 0);
        Write(store, "a", changes =>
        {
            changes.Pages.AddRange([first, second]);
            changes.Chunks.AddRange([new("a", 1, 10, (byte[])[3]), new("a", 1, 0, (byte[])[1, 2]), new("a", 2, 0, (byte[])[])]);
        });

        using (Reader reader = store.Read())
        {
            int shard = store.ShardOf("a");
            Assert.Equal(first, reader.Page("a", "app", PageKind.Class, "class-1"));
            Assert.Null(reader.Page("a", "app", PageKind.Day, "class-1"));
            Assert.Equal(second, reader.PageByNumber("a", 2));
            (string, int, string)[] keys = [.. Enumerable.Range(0, 40).Select(i => ("app", 0, $"class-{i}"))];
            Assert.Equal([first], reader.Pages("a", keys).Distinct());
            Assert.Equal([second], reader.Pages("a", [("app", 1, "2026-11-03")]));
            Assert.Empty(reader.Pages("a", []));
            Assert.Equal([first, second], reader.PagesOf("a"));
            (PageRow due, List<byte[]> chunks) = Assert.Single(reader.DuePages(shard));
            Assert.Equal(first, due);
            Assert.Equal([[1, 2], [3]], chunks);
            Assert.Equal([(first, 2), (second, 1)], reader.PagesSince("a", 0).Select(one => (one.Page, one.Chunks.Count)));
            Assert.Empty(reader.PagesSince("a", 1));
            Assert.Equal([[1, 2], [3]], reader.Chunks("a", 1));
            Assert.Equal([(1, 0), (1, 10), (2, 0)], reader.AllChunks(shard).Select(chunk => (chunk.Page, chunk.First)));
        }

        Write(store, "a", changes => changes.Pages.Add(first with { Due = null }));
        using Reader after = store.Read();
        Assert.Empty(after.DuePages(store.ShardOf("a")));
    }

    [Fact]
    public void Class_rows_are_listed_by_start_class_and_page_from_any_place_on()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        Write(store, "a", changes => changes.Classes.AddRange(
            [Class(1, 300, "x"), Class(2, 100, "z"), Class(3, 100, "y", Huge), Class(4, 100, "z", application: "other"), Class(5, 50, "y")]));

        using Reader reader = store.Read();
        List<ClassRow> all = reader.Classes("a", 100, 301, null, null, 10);
        Assert.Equal([3, 2, 4, 1], all.Select(row => row.Page));
        Assert.Equal(Class(3, 100, "y", Huge), all[0]);
        Assert.Equal([3, 2, 4], reader.Classes("a", 100, 300, null, null, 10).Select(row => row.Page));
        Assert.Equal([4, 1], reader.Classes("a", 0, 1_000, null, (100, "z", 2, 0), 10).Select(row => row.Page));
        Assert.Equal([5, 3], reader.Classes("a", 0, 1_000, "app", null, 2).Select(row => row.Page));
        Assert.Empty(reader.Classes("b", 0, 1_000, null, null, 10));
        Assert.Equal(Class(1, 300, "x"), reader.ClassRow("a", 1));
    }

    [Fact]
    public void Rows_ordered_by_type_are_classes_and_then_the_viewings_of_whatever_day_from_any_place_on()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        Write(store, "a", changes => changes.Classes.AddRange(
            [Class(1, 300, "a") with { Type = ClassRow.ViewingsOf(7) }, Class(2, 100, "b"), Class(3, 200, "c") with { Type = ClassRow.ViewingsOf(3) }, Class(4, 400, "d")]));

        using Reader reader = store.Read();
        foreach ((bool descending, int[] pages) in ((bool, int[])[])[(false, [2, 4, 1, 3]), (true, [3, 1, 4, 2])])
        {
            DetailsOrder order = new(DetailsSort.Type, descending, 0);
            List<ClassRow> all = reader.Details("a", new DetailsFilter(0, 1_000), order, null, 10);
            Assert.Equal(pages, all.Select(row => row.Page));
            Assert.Equal(pages[2..], reader.Details("a", new DetailsFilter(0, 1_000), order, Reader.KeyOf(all[1], order), 10).Select(row => row.Page));
        }
    }

    [Fact]
    public void A_class_row_that_moves_is_found_at_its_new_start_only_and_a_deleted_one_nowhere()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        Write(store, "a", changes => changes.Classes.AddRange([Class(1, 100, "x"), Class(2, 100, "y")]));
        Write(store, "a", changes => changes.Classes.AddRange(
            [Class(1, 100, "x", 5), Class(1, 40, "x", 6), Class(2, 100, "y", deleted: true), Class(3, 1, "never", deleted: true)]));

        using Reader reader = store.Read();
        Assert.Equal([Class(1, 40, "x", 6)], reader.Classes("a", 0, 1_000, null, null, 10));
        Assert.Equal(Class(1, 40, "x", 6), reader.ClassRow("a", 1));
        Assert.Null(reader.ClassRow("a", 2));
    }

    [Fact]
    public void Usage_comes_back_exactly_also_beyond_64_bits_and_rows_of_nothing_are_gone()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        ClassUsageRow day = new("a", "2026-11-03", 1, "app", null, "av", "d", Huge, 0, 0), open = day with { Page = 2, Class = "c", Quantity = 0, OpenCount = 1, OpenSum = Huge };
        UsageRow hour = new("a", "av", 3600, "app", "", (Int128)long.MaxValue + 1), next = hour with { Hour = 7200, Application = "b", Quantity = long.MinValue };
        OpenRow running = new("a", "av", "app", "", 3600, 1, -Huge);
        Write(store, "a", changes =>
        {
            changes.ClassUsage.AddRange([day, open, day with { Day = "2026-11-04" }]);
            changes.Usage.AddRange([hour, next]);
            changes.Open.AddRange([running, running with { Meter = "whiteboard", Sum = 3 }]);
            changes.Classes.AddRange([Class(1, 100, "another's"), Class(2, 300, "c") with { End = 400 }]);
        });

        using (Reader reader = store.Read())
        {
            Assert.Equal([day, open], reader.ClassUsage("a", "2026-11-03"));
            Assert.Equal([day, day with { Day = "2026-11-04" }], reader.ClassUsageOf("a", 1));
            Assert.Single(reader.ClassUsageFrom("a", "2026-11-04"));
            Assert.Equal([(day, null, null), (open, 300, 400), (day with { Day = "2026-11-04" }, null, null)], reader.ClassUsageFrom("a", "2026-11-03").OrderBy(one => (one.Row.Day, one.Row.Page)));
            Assert.Equal([hour], reader.Usage("a", "av", 3600, 7200));
            Assert.Equal([next], reader.Usage("a", "av", 0, 9_000, "b"));
            Assert.Equal([hour, next], reader.Usage(store.ShardOf("a")).OrderBy(row => row.Hour));
            Assert.Equal([running], reader.Open("a", "av"));
            Assert.Equal(2, reader.Open("a", application: "app").Count);
        }

        Write(store, "a", changes =>
        {
            changes.ClassUsage.AddRange([open with { OpenCount = 0, OpenSum = 0 }, day with { Quantity = 1 }]);
            changes.Usage.AddRange([hour with { Quantity = 0 }, next with { Quantity = 9 }]);
            changes.Open.Add(running with { Count = 0 });
        });
        using Reader after = store.Read();
        Assert.Equal([day with { Quantity = 1 }], after.ClassUsage("a", "2026-11-03"));
        Assert.Equal([next with { Quantity = 9 }], after.Usage(store.ShardOf("a")));
        Assert.Equal("whiteboard", after.Open("a").Single().Meter);
    }

    [Fact]
    public void Settlements_bills_and_the_wallet_come_back_as_they_were_written()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        SettledRow settled = new("a", 0, "2026-11-03", 1, "av", "10", "1", "2", "3", "4", "[]");
        BillRow Bill(string start, int kind) => new("a", $"a-{kind}-{start}", kind, start, "end", 5, "1.00", Json("{}"));
        LedgerRow Entry(long index) => new("a", index, 7, "top-up", "1.00", "2.00", "ref-" + index);
        Write(store, "a", changes =>
        {
            changes.Settled.AddRange([settled, settled with { Page = 2 }, settled with { Period = "2026-11-04" }]);
            changes.Bills.AddRange([Bill("2026-11-02", 0), Bill("2026-11-01", 1), Bill("2026-11-01", 0)]);
            changes.Ledger.AddRange([Entry(1), Entry(2), Entry(3)]);
        });

        using Reader reader = store.Read();
        Assert.Equal([settled, settled with { Period = "2026-11-04" }], reader.Settled("a", 1));
        Assert.Equal([1, 2], reader.SettledIn("a", 0, "2026-11-03").Select(row => row.Page));
        Assert.Equal(
            ["a-0-2026-11-01", "a-1-2026-11-01", "a-0-2026-11-02"], reader.Bills("a", null, null, null, null, 9).Select(row => row.Number));
        Assert.Equal(["a-0-2026-11-02"], reader.Bills("a", 0, "2026-11-02", "2026-11-03", null, 9).Select(row => row.Number));
        Assert.Equal(["a-1-2026-11-01"], reader.Bills("a", null, null, null, ("2026-11-01", 0), 1).Select(row => row.Number));
        BillRow one = reader.Bill("a-1-2026-11-01")!.Value;
        Assert.Equal(Bill("2026-11-01", 1) with { Json = one.Json }, one);
        Assert.Equal("{}", Encoding.UTF8.GetString(one.Json));
        Assert.Equal([Entry(2), Entry(3)], reader.Ledger("a", 1, 5));
        Assert.Equal(["ref-1", "ref-2", "ref-3"], reader.Ledger("a", 0, 1_000).Select(entry => entry.Reference));
    }

    [Fact]
    public void Kept_events_are_listed_across_accounts_counted_by_reason_and_gone_when_applied()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        KeptRow Row(string account, UInt128 identity, long at, string? reason) => new(account, identity, reason, at, 17, [1, 2]);
        Write(store, "a", changes => changes.Kept.AddRange(
            [Row("a", UInt128.MaxValue, 5, "too-late"), Row("a", 1, 5, "unknown-type"), Row("a", 2, 3, "too-late")]));
        Write(store, "", changes => changes.Kept.Add(Row("", 7, 9, "unknown-application")));
        Write(store, "a", changes => changes.Notes.AddRange([new("a", "app", "trtc", "room", "first", 9), new("a", "app", "trtc", "room", "second", 10)]));

        using (Reader reader = store.Read())
        {
            Assert.Equal([7, 2, 1, UInt128.MaxValue], reader.Kept(null, null, 9).Select(row => row.Identity));
            Assert.Equal([1, UInt128.MaxValue], reader.Kept(null, ("a", 3, 2), 9).Select(row => row.Identity));
            Assert.Equal([2], reader.Kept("a", null, 1).Select(row => row.Identity));
            Assert.Equal([UInt128.MaxValue], reader.Kept("a", ("a", 5, 1), 9).Select(row => row.Identity));
            Assert.Equal([7], reader.Kept("", null, 9).Select(row => row.Identity));
            Assert.Equal([("a", "too-late", 2), ("a", "unknown-type", 1)], reader.KeptCounts("a"));
            Assert.Equal("unknown-application", reader.KeptEvent("", 7)!.Value.Reason);
            Assert.Equal([new("a", "app", "trtc", "room", "second", 10)], reader.Notes("a", "app", "trtc"));
        }

        Write(store, "a", changes => changes.Kept.Add(Row("a", 1, 0, null)));
        using Reader after = store.Read();
        Assert.Null(after.KeptEvent("a", 1));
        Assert.Equal(3, after.Kept(null, null, 9).Count);
    }

    [Fact]
    public void A_reader_sees_one_moment_whatever_is_written_meanwhile()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        Write(store, "a", changes => changes.Ledger.Add(new("a", 1, 1, "k", "1", "1", "first")), position: 1);

        using Reader before = store.Read();
        Write(store, "a", changes => changes.Ledger.Add(new("a", 2, 1, "k", "1", "1", "second")), position: 2);
        using Reader after = store.Read();

        Assert.Equal(["first"], before.Ledger("a", 0, 1_000).Select(entry => entry.Reference));
        Assert.Equal((1, 10), before.PositionOf(store.ShardOf("a")));
        Assert.Equal(["first", "second"], after.Ledger("a", 0, 1_000).Select(entry => entry.Reference));
        Assert.Equal((2, 20), after.PositionOf(store.ShardOf("a")));
        Assert.Equal((2, 20), store.PositionOf(store.ShardOf("a")));
    }

    [Theory]
    [InlineData(raw.SQLITE_FULL)]
    [InlineData(raw.SQLITE_IOERR_WRITE)]
    public void A_write_that_fails_leaves_neither_rows_nor_position_and_the_next_one_works(int code)
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        void Add(long index) => Write(store, "a", changes => changes.Ledger.Add(new("a", index, 1, "k", "1", "1", "r" + index)), index);
        Add(1);
        store.FailNextWrite(code);
        Assert.ThrowsAny<StoreException>(() => Add(2));
        Assert.Equal((1, 10), store.PositionOf(store.ShardOf("a")));
        Add(3);

        using Reader reader = store.Read();
        Assert.Equal(["r1", "r3"], reader.Ledger("a", 0, 1_000).Select(entry => entry.Reference));
        Assert.Equal((3, 30), reader.PositionOf(store.ShardOf("a")));
    }

    [Fact]
    public void The_dump_is_the_same_however_a_page_was_cut_into_chunks()
    {
        using TemporaryDirectory one = new(), other = new();
        using Store.Store whole = one.Open(), cut = other.Open();
        static byte[] Join(IEnumerable<byte[]> pieces) => [.. pieces.SelectMany(piece => piece)];
        string[] Dump(Store.Store store)
        {
            using Reader reader = store.Read();
            return [.. reader.DumpRows(store.ShardOf("a"), Join)];
        }

        Write(whole, "a", changes =>
        {
            changes.Chunks.AddRange([new("a", 1, 0, (byte[])[1, 2, 3]), new("a", 2, 0, (byte[])[4])]);
            changes.Accounts.Add(new("a", Json("{\"a\":\"\t\"}")));
            changes.Usage.Add(new("a", "av", 0, "app", "", Huge));
            changes.Notes.Add(new("a", "app", "trtc", "room", "text", 255));
        });
        Write(cut, "a", changes => changes.Chunks.AddRange([new("a", 1, 0, (byte[])[1]), new("a", 1, 1, (byte[])[2, 3])]));
        Write(cut, "a", changes =>
        {
            changes.Chunks.Add(new("a", 2, 0, (byte[])[4]));
            changes.Notes.Add(new("a", "app", "trtc", "room", "text", 255));
            changes.Usage.Add(new("a", "av", 0, "app", "", Huge));
            changes.Accounts.Add(new("a", Json("{\"a\":\"\t\"}")));
        });

        Assert.Equal(
            [
                "accounts\taccount=\"a\"\tstate=\"{\\\"a\\\":\\\"\\t\\\"}\"",
                "chunks\taccount=\"a\"\tpage=1\tdata=010203",
                "chunks\taccount=\"a\"\tpage=2\tdata=04",
                $"usage\taccount=\"a\"\tmeter=\"av\"\thour=0\tapplication=\"app\"\tdimensions=\"\"\tquantity=\"{Huge}\"",
                "notes\taccount=\"a\"\tapplication=\"app\"\tconnector=\"trtc\"\tkey=\"room\"\ttext=\"text\"\tkeep_until=255",
            ],
            Dump(whole));
        Assert.Equal(Dump(whole), Dump(cut));
        Write(cut, "a", changes => changes.Chunks.Add(new("a", 2, 1, (byte[])[5])));
        Assert.NotEqual(Dump(whole), Dump(cut));
    }

    [Fact]
    public void Readers_and_writers_on_many_threads_do_not_disturb_each_other()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i =>
        {
            string account = "account-" + i;
            int shard = store.ShardOf(account);
            Changes changes = new();
            changes.Ledger.Add(new(account, 1, 1, "k", "1", "1", "r"));
            store.Write(shard, changes, 0, 0);
            using Reader reader = store.Read();
            Assert.Equal(["r"], reader.Ledger(account, 0, 1_000).Select(entry => entry.Reference));
        });
    }

    [Fact]
    public void A_text_is_looked_for_so_far_at_a_time_from_the_newest_page_on()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        Write(store, "a", changes =>
        {
            for (int page = 1; page <= 6; page++)
            {
                changes.Chunks.Add(new ChunkRow("a", page, 0, Json(page is 2 or 5 ? "who: ada .." : "nobody here")));
                changes.Chunks.Add(new ChunkRow("a", page, 9, Json(page is 5 ? "ada, again." : "nobody, too")));
            }
        });

        using Reader reader = store.Read();
        (List<int> Pages, int? Next) Look(int before, long bytes, int limit)
        {
            long left = bytes;
            return reader.PagesWith("a", Json("ada"), before, ref left, limit);
        }

        // Page 6 has 22 bytes; page 5 is begun, and so it is looked through.
        (List<int> pages, int? next) = Look(int.MaxValue, 25, 10);
        Assert.Equal([5], pages);
        Assert.Equal(5, next);
        (pages, next) = Look(5, 1000, 10);
        Assert.Equal([2], pages);
        Assert.Null(next);
        (pages, next) = Look(int.MaxValue, 1000, 1);
        Assert.Equal([5], pages);
        Assert.Equal(5, next);
        Assert.Empty(Look(int.MaxValue, 1, 10).Pages);
    }
}

using Minutebook.Core;
using Minutebook.Store;
using Minutebook.Testing;
using Xunit;

namespace Minutebook.Engine.Tests.Storing;

/// <summary>What is PostgreSQL's alone: several processes on one store, each here a store of its own.</summary>
public sealed class PostgresTests
{
    private const int Shards = 4;

    private readonly string schema = PostgresServer.Shared.NewSchema();

    private Store.Store Open() => Store.Store.Open(new StoreOptions { Directory = "", Postgres = schema, Shards = Shards });

    private static Changes Usage(string account, params (string Application, string Dimensions, Int128 Quantity)[] rows)
    {
        Changes changes = new();
        changes.Usage.AddRange(rows.Select(row => new UsageRow(account, "av", 3_600, row.Application, row.Dimensions, row.Quantity)));
        return changes;
    }

    [Fact]
    public void Two_processes_that_start_at_once_make_one_schema_and_a_later_one_finds_its_number_of_shards()
    {
        Parallel.For(0, 4, _ => Open().Dispose());
        using Store.Store later = Store.Store.Open(new StoreOptions { Directory = "", Postgres = schema });
        Assert.Equal(Shards, later.Shards);
        StoreOptions other = new() { Directory = "", Postgres = schema, Shards = 9 };
        Assert.Contains($"made with {Shards} shards", Assert.Throws<StoreException>(() => Store.Store.Open(other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_that_cannot_be_reached_is_named_by_its_host_and_port()
    {
        StoreOptions nowhere = new() { Directory = "", Postgres = "Host=127.0.0.1;Port=1;Database=books;Username=u;Password=secret" };
        string message = Assert.Throws<StoreUnreachableException>(() => Store.Store.Open(nowhere)).Message;
        Assert.StartsWith("PostgreSQL at 127.0.0.1:1, database books, cannot be reached: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 10, "8s")]
    [InlineData(";Command Timeout=3", 10, "8s")]
    [InlineData(";Command Timeout=60", 60, "58s")]
    [InlineData(";Command Timeout=0", 0, "0")]
    public void Who_asks_for_patience_has_it_but_what_processes_tell_each_other_has_to_come_soon(string asked, int seconds, string givesUpAfter)
    {
        PostgresDatabase database = new(PostgresServer.Shared.Connection("public") + asked);
        using PostgresConnection reader = database.OpenReader(), writer = database.OpenWriter(), teller = database.OpenTeller();
        Assert.Equal([seconds, seconds, 4], ((PostgresConnection[])[reader, writer, teller]).Select(static one => one.Db.CommandTimeout));
        Assert.Equal(["0", givesUpAfter, "8s"], ((PostgresConnection[])[reader, writer, teller]).Select(static one => Shown(one, "statement_timeout")));
    }

    [Theory]
    [InlineData("", 5, 5)]
    [InlineData(";Timeout=2", 2, 2)]
    [InlineData(";Timeout=60", 60, 5)]
    public void To_connect_may_take_as_long_as_the_connection_string_says_but_not_for_telling(string asked, int seconds, int telling)
    {
        PostgresDatabase database = new(PostgresServer.Shared.Connection("public") + asked);
        using PostgresConnection reader = database.OpenReader(), writer = database.OpenWriter(), teller = database.OpenTeller();
        Assert.Equal([seconds, seconds, telling], ((PostgresConnection[])[reader, writer, teller]).Select(static one => one.Db.ConnectionTimeout));
    }

    [Fact]
    public void What_takes_as_long_as_it_takes_leaves_its_connection_as_impatient_as_it_was()
    {
        using PostgresConnection writer = new PostgresDatabase(PostgresServer.Shared.Connection("public")).OpenWriter();
        string[] before = [Shown(writer, "statement_timeout"), Shown(writer, "lock_timeout")];
        writer.InPatientTransaction(() =>
        {
            Assert.Equal(["0", "0"], (string[])[Shown(writer, "statement_timeout"), Shown(writer, "lock_timeout")]);
            Assert.True(writer.IsPatient);
        });

        Assert.Equal(before, (string[])[Shown(writer, "statement_timeout"), Shown(writer, "lock_timeout")]);
        Assert.Equal(["8s", "5s"], before);
        Assert.False(writer.IsPatient);
    }

    private static string Shown(PostgresConnection connection, string setting)
    {
        using Statement show = connection.Take("SHOW " + setting);
        Assert.True(show.Next());
        return show.Text();
    }

    [Fact]
    public void A_newer_program_upgrades_the_tables_once_while_others_wait_and_an_older_one_refuses_them()
    {
        const int Next = Schema.Version + 1;
        Dictionary<int, string[]> steps = new()
        {
            [Schema.Version] = ["CREATE TABLE upgraded (shard bigint, at timestamptz DEFAULT clock_timestamp())", "SELECT pg_sleep(0.5)", "INSERT INTO upgraded (shard) VALUES (0)"],
        };
        using (Store.Store running = Open())
        {
            running.Nodes!.Beat(new NodeSays([], [], [], false));
            Assert.Contains("servers of that version run", Assert.Throws<StoreException>(() => new PostgresDatabase(schema).Prepare(Shards, Next, steps)).Message);
        }

        // A step that fails leaves the tables as they were.
        Dictionary<int, string[]> wrong = new() { [Schema.Version] = [.. steps[Schema.Version], "SELECT 1 / 0"] };
        Assert.Throws<StoreException>(() => new PostgresDatabase(schema).Prepare(Shards, Next, wrong));
        Open().Dispose();

        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => Assert.Equal(Shards, new PostgresDatabase(schema).Prepare(Shards, Next, steps)));
        using PostgresConnection connection = new PostgresDatabase(schema).OpenWriter();
        using Statement count = connection.Take("SELECT count(*) FROM upgraded");
        Assert.True(count.Next());
        Assert.Equal(1, count.Long());

        string older = Assert.Throws<StoreException>(() => Open()).Message;
        Assert.Contains($"of format {Next}, and this program knows formats up to {Schema.Version}", older);
    }

    [Fact]
    public async Task Groups_of_many_processes_have_positions_without_gaps_and_nobody_sees_a_later_one_before_an_earlier()
    {
        using Store.Store reader = Open();
        bool done = false;
        Task watching = Task.Run(() =>
        {
            while (!Volatile.Read(ref done))
            {
                // A gap would be reported as damage.
                long last = 0;
                Assert.All(reader.ReadJournal(2, 0), group => Assert.Equal(++last, group.Position));
            }
        });
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, process =>
        {
            using Store.Store store = Open();
            for (int i = 0; i < 50; i++)
            {
                store.Append(1_000 * process, 1, [(2, new byte[] { (byte)process, (byte)i }), (1 + (i % 2 * 2), new byte[] { 1 })]);
            }
        });
        Volatile.Write(ref done, true);
        await watching;

        JournalGroup[] groups = [.. reader.ReadJournal(2, 0)];
        Assert.Equal(Enumerable.Range(1, 200).Select(static n => (long)n), groups.Select(static group => group.Position));
        Assert.Equal(groups.Select(static group => group.Time).Order(), groups.Select(static group => group.Time));
        Assert.Equal(200, groups.Select(static group => (group.Data.Span[0], group.Data.Span[1])).Distinct().Count());
    }

    [Fact]
    public void A_shard_is_one_processs_at_a_time_and_who_lost_it_writes_nothing_more()
    {
        using Store.Store one = Open(), other = Open();
        int shard = one.ShardOf("a");
        Assert.True(one.TryHold(shard));
        Assert.False(other.TryHold(shard));
        one.Write(shard, Usage("a", ("app", "[]", 1)), 1, 10);

        // The database says that the connection is gone; the process does not know it yet.
        Assert.Equal(1, PostgresServer.EndHolders(schema, shard));

        Assert.True(SpinWait.SpinUntil(() => other.TryHold(shard), 30_000));
        Assert.ThrowsAny<StoreException>(() => one.Write(shard, Usage("a", ("app", "[]", 7)), 2, 20));
        Assert.Throws<ShardLostException>(() => one.Write(shard, Usage("a", ("app", "[]", 7)), 2, 20));
        Assert.Throws<ShardLostException>(() => one.WriteRuns(shard, []));
        other.Write(shard, Usage("a", ("app", "[]", 2)), 2, 20);

        using Reader read = one.Read();
        Assert.Equal(2, read.Usage(shard).Single().Quantity);
    }

    [Fact]
    public void A_process_whose_epoch_is_over_writes_nothing_even_over_a_connection_that_lives()
    {
        using Store.Store store = Open();
        int shard = store.ShardOf("a");
        Assert.True(store.TryHold(shard));
        using (PostgresConnection administrator = new PostgresDatabase(schema).OpenWriter())
        {
            PostgresDatabase.Execute(administrator, $"UPDATE owners SET epoch = epoch + 1 WHERE shard = {shard}");
        }

        Assert.Throws<ShardLostException>(() => store.Write(shard, Usage("a", ("app", "[]", 1)), 1, 10));
        Assert.False(store.Holds(shard));
        using Reader read = store.Read();
        Assert.Empty(read.Usage(shard));
    }

    [Fact]
    public void A_process_that_says_nothing_any_more_is_cut_off_and_its_shards_are_free()
    {
        using Store.Store silent = Open(), other = Open();
        Assert.True(silent.TryHold(1));
        silent.Nodes!.Beat(new NodeSays([1], [], [], false));
        NodesSeen seen = other.Nodes!.Look();
        Assert.Equal((2, true), (seen.Living.Count, seen.Behind.SetEquals([1])));
        Assert.True(SpinWait.SpinUntil(() => other.Nodes.Look().Living.Count == 1, 30_000));
        Assert.True(SpinWait.SpinUntil(() => other.TryHold(1), 30_000));
    }

    [Fact]
    public void Texts_come_back_with_every_character_and_sort_as_in_SQLite_and_long_dimensions_fit_their_index()
    {
        using Store.Store store = Open();
        int shard = store.ShardOf("a");
        Assert.True(store.TryHold(shard));
        string[] applications = ["a", "a\0", "a\0b", "a\u0001", "a\u0001\u0002", "a\u0002", "Z", "é", "z", "\ud83d\ude00", "\uffff"];
        string longest = $"[\"{string.Concat(Enumerable.Range(0, 2_000).Select(static i => $"\\u{(i * 7919) & 0xFFFF:x4}"))}\"]";
        store.Write(shard, Usage("a", [.. applications.Select(static name => (name, "[]", (Int128)1)), ("long", longest, Int128.MaxValue)]), 1, 10);
        store.Write(shard, Usage("a", ("long", longest, Int128.MinValue), ("a\0", "[]", 0)), 2, 20);

        using Reader read = store.Read();
        List<UsageRow> rows = read.Usage("a", "av", 0, 9_000);
        Assert.Equal(
            applications.Where(static name => name != "a\0").Append("long").OrderBy(System.Text.Encoding.UTF8.GetBytes, Comparer<byte[]>.Create(static (x, y) => x.AsSpan().SequenceCompareTo(y))),
            rows.Select(static row => row.Application));
        Assert.Equal((longest, Int128.MinValue), rows.Where(static row => row.Application == "long").Select(static row => (row.Dimensions, row.Quantity)).Single());
    }

    [Fact]
    public async Task No_more_connections_read_at_once_than_may_and_who_waits_gets_the_next_one_or_is_told()
    {
        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = "", Postgres = schema + ";Maximum Pool Size=4", Shards = Shards });
        List<Reader> readers = [store.Read(), store.Read(), store.Read()];
        // A quarter is the journal's.
        Assert.Empty(store.ReadJournal(1, 0));
        Task<Reader> next = Task.Run(store.Read);
        Assert.NotSame(next, await Task.WhenAny(next, Task.Delay(300)));
        readers[0].Dispose();
        readers[0] = await next;

        Assert.Contains("3 connections read at once", Assert.Throws<StoreException>(store.Read).Message);
        readers.ForEach(static reader => reader.Dispose());
        store.Read().Dispose();
    }

    [Fact]
    public void Tables_are_counted_as_soon_as_they_have_rows_so_that_the_right_index_is_taken()
    {
        using Store.Store store = Open();
        int shard = store.ShardOf("a");
        Assert.True(store.TryHold(shard));
        Changes changes = new();
        changes.Pages.AddRange(Enumerable.Range(1, 1_000).Select(static page => new PageRow("a", page, "app", 0, $"class-{page}", null, 0)));
        store.Write(shard, changes, 1, 10);

        using PostgresConnection connection = new PostgresDatabase(schema).OpenReader();
        Assert.True(SpinWait.SpinUntil(() => Plan("application = 'app' AND kind = 0 AND key = 'class-7'").Contains("pages_by_key", StringComparison.Ordinal), 30_000));
        Assert.Contains("pages_key", Plan("page = 7"), StringComparison.Ordinal);

        string Plan(string where)
        {
            using Statement explain = connection.Take($"EXPLAIN SELECT due FROM pages WHERE shard = {shard} AND account = 'a' AND {where}");
            List<string> lines = [];
            while (explain.Next())
            {
                lines.Add(explain.Text());
            }

            return string.Join('\n', lines);
        }
    }

    [Fact]
    public void A_row_that_is_written_deleted_and_written_again_in_one_go_is_as_the_last_one_says()
    {
        using Store.Store store = Open();
        int shard = store.ShardOf("a");
        Assert.True(store.TryHold(shard));
        store.Write(shard, Usage("a", ("app", "[]", 1), ("app", "[]", 0), ("app", "[]", 5), ("gone", "[]", 5), ("gone", "[]", 0)), 1, 10);
        using Reader read = store.Read();
        Assert.Equal([("app", (Int128)5)], read.Usage(shard).Select(static row => (row.Application, row.Quantity)));
    }

    [Fact]
    public void What_is_read_stays_as_it_was_while_others_write_also_when_read_halfway()
    {
        using Store.Store store = Open();
        int shard = store.ShardOf("a");
        Assert.True(store.TryHold(shard));
        Changes accounts = new();
        accounts.Accounts.AddRange(Enumerable.Range(0, 200).Select(i => new AccountRow($"a{i:000}", "{}"u8.ToArray())));
        store.Write(shard, accounts, 1, 10);

        using Reader read = store.Read();
        List<string> seen = [];
        foreach (AccountRow row in read.Accounts(shard))
        {
            seen.Add(row.Account);
            Assert.Empty(read.Sections(shard));
            if (seen.Count == 1)
            {
                store.Write(shard, Usage("a", ("app", "[]", 1)), 2, 20);
            }
        }

        Assert.Equal(200, seen.Distinct().Count());
        Assert.Equal(1, read.PositionOf(shard).Position);
    }
}

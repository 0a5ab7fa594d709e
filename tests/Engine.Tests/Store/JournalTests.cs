using Minutebook.Store;
using SQLitePCL;
using Xunit;

namespace Minutebook.Engine.Tests.Storing;

public sealed class JournalTests
{
    private static JournalGroup Group(int shard, long position, params byte[] data) => new(shard, position, 1_000 + position, 1, data);

    private static byte[][] Read(Store.Store store, int shard, long after = 0) =>
        [.. store.ReadJournal(shard, after).Select(group => group.Data.ToArray())];

    [Fact]
    public void What_was_appended_is_read_back_in_order_also_after_a_restart()
    {
        using TemporaryDirectory directory = new();
        using (Store.Store store = directory.Open())
        {
            store.Append([Group(1, 1, 1), Group(2, 1, 2, 2), Group(1, 2, 3)]);
            store.Append([Group(0, 1), Group(1, 3, 4)]);
        }

        using Store.Store again = directory.Open();
        Assert.Equal([[1], [3], [4]], Read(again, 1));
        Assert.Equal([[4]], Read(again, 1, after: 2));
        Assert.Equal([[]], Read(again, 0));
        Assert.Empty(Read(again, 3));
        Assert.Equal(3, again.LastPosition(1));
        Assert.Equal(1_003, again.LastTime(1));
        Assert.Equal(0, again.LastPosition(4));
        JournalGroup group = again.ReadJournal(2, 0).Single();
        Assert.Equal((2, 1, 1_001, 1), (group.Shard, group.Position, group.Time, group.Codec));
    }

    [Fact]
    public async Task Who_reads_to_the_end_while_it_grows_misses_what_comes_and_calls_nothing_missing()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        const int Last = 300;
        Task appending = Task.Run(() =>
        {
            for (int position = 1; position <= Last; position++)
            {
                store.Append([Group(1, position, (byte)(position % 100))]);
            }
        });

        long read = 0;
        while (!appending.IsCompleted)
        {
            read = store.ReadJournal(1, read).Select(static group => group.Position).LastOrDefault(read);
        }

        await appending;
        Assert.Equal(Last - read, store.ReadJournal(1, read).Count());
    }

    [Fact]
    public void A_gap_or_a_repeated_position_is_refused_and_nothing_of_the_call_is_kept()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        store.Append([Group(1, 1, 1)]);

        Assert.Throws<ArgumentException>(() => store.Append([Group(2, 1, 9), Group(1, 3, 9)]));
        Assert.Throws<ArgumentException>(() => store.Append([Group(1, 1, 9)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Append([Group(5, 1, 9)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Append([Group(-1, 1, 9)]));

        Assert.Empty(Read(store, 2));
        Assert.Equal([[1]], Read(store, 1));
    }

    [Theory]
    [InlineData("UPDATE journal SET data = x'0109' WHERE position = 2", 2)]
    [InlineData("UPDATE journal SET time = time + 1 WHERE position = 2", 2)]
    [InlineData("UPDATE journal SET codec = 2 WHERE position = 2", 2)]
    [InlineData("DELETE FROM journal WHERE position = 2", 2)]
    [InlineData("UPDATE journal SET data = (SELECT data FROM journal WHERE position = 1) WHERE position = 3", 3)]
    public void A_group_that_is_not_what_was_appended_is_named(string damage, long position)
    {
        using TemporaryDirectory directory = new();
        using (Store.Store store = directory.Open())
        {
            store.Append([Group(1, 1, 1, 1), Group(1, 2, 1, 2), Group(1, 3, 1, 3)]);
        }

        directory.ExecuteOnJournal(damage);

        using Store.Store damaged = directory.Open();
        List<JournalGroup> sound = [];
        JournalDamagedException found = Assert.Throws<JournalDamagedException>(() =>
        {
            foreach (JournalGroup group in damaged.ReadJournal(1, 0))
            {
                sound.Add(group);
            }
        });
        Assert.Equal((1, position), (found.Shard, found.Position));
        Assert.Equal(position - 1, sound.Count);
    }

    [Trait("Store", "SQLite")]
    [Fact]
    public void A_bit_that_flipped_anywhere_in_the_file_is_never_read_as_data()
    {
        using TemporaryDirectory directory = new();
        byte[] data = [.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * 7 % 251))];
        using (Store.Store store = directory.Open())
        {
            store.Append([Group(1, 1, data)]);
        }

        byte[] file = File.ReadAllBytes(directory.FileOf("journal.db"));
        for (int at = 24_000; at < file.Length; at += 997)
        {
            byte[] flipped = [.. file];
            flipped[at] ^= 4;
            File.WriteAllBytes(directory.FileOf("journal.db"), flipped);
            try
            {
                using Store.Store store = directory.Open();
                Assert.All(Read(store, 1), group => Assert.Equal(data, group));
            }
            catch (StoreException)
            {
                // Noticed, at opening or at reading.
            }
        }
    }

    [Trait("Store", "SQLite")]
    [Fact]
    public void A_kill_right_after_an_append_loses_nothing()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        for (int position = 1; position <= 20; position++)
        {
            store.Append([Group(1, position, (byte)position)]);
        }

        using TemporaryDirectory copy = directory.Copy();
        using Store.Store survivor = copy.Open();
        Assert.Equal(20, survivor.LastPosition(1));
        Assert.Equal(20, Read(survivor, 1).Length);
    }

    [Trait("Store", "SQLite")]
    [Fact]
    public void The_log_beside_the_journal_stays_bounded()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        byte[] data = new byte[1 << 20];
        for (int position = 1; position <= 80; position++)
        {
            store.Append([Group(1, position, data)]);
        }

        Assert.InRange(new FileInfo(directory.FileOf("journal.db-wal")).Length, 1, 24 << 20);
    }

    [Trait("Store", "SQLite")]
    [Theory]
    [InlineData(raw.SQLITE_IOERR_FSYNC)]
    [InlineData(raw.SQLITE_IOERR_WRITE)]
    [InlineData(raw.SQLITE_READONLY)]
    [InlineData(raw.SQLITE_FULL)]
    public void An_append_that_fails_leaves_nothing_and_the_next_one_works(int code)
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        store.Append([Group(1, 1, 1)]);

        store.FailNextAppend(code);
        StoreException failure = Assert.ThrowsAny<StoreException>(() => store.Append([Group(1, 2, 9), Group(2, 1, 9)]));
        Assert.Equal(code, failure.Code);
        Assert.Equal(code == raw.SQLITE_FULL, failure is StoreFullException);
        Assert.Contains("journal.db", failure.Message, StringComparison.Ordinal);
        Assert.Equal([[1]], Read(store, 1));
        Assert.Equal(1, store.LastPosition(1));

        store.Append([Group(1, 2, 2)]);
        using TemporaryDirectory copy = directory.Copy();
        using Store.Store survivor = copy.Open();
        Assert.Equal([[1], [2]], Read(survivor, 1));
        Assert.Empty(Read(survivor, 2));
    }
}

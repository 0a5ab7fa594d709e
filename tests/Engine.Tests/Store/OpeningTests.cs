using Minutebook.Core;
using Minutebook.Store;
using Xunit;

namespace Minutebook.Engine.Tests.Storing;

[Trait("Store", "SQLite")]
public sealed class OpeningTests
{
    [Fact]
    public void A_store_is_open_only_once_and_can_be_opened_again_when_it_is_closed()
    {
        using TemporaryDirectory directory = new();
        using (directory.Open())
        {
            StoreInUseException refused = Assert.Throws<StoreInUseException>(() => directory.Open());
            Assert.Contains("is open already", refused.Message, StringComparison.Ordinal);
        }

        directory.Open().Dispose();
    }

    [Fact]
    public void The_number_of_shards_is_the_one_it_was_created_with_and_another_one_is_refused()
    {
        using TemporaryDirectory directory = new();
        directory.Open(shards: 5).Dispose();
        directory.Open(shards: 5).Dispose();
        Assert.Contains("made with 5 shards", Assert.Throws<StoreException>(() => directory.Open(shards: 16)).Message, StringComparison.Ordinal);
        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory.Path });
        Assert.Equal(5, store.Shards);
    }

    [Fact]
    public void Accounts_are_spread_over_all_shards_and_no_account_belongs_to_the_installation()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open(shards: 4);
        Assert.Equal([1, 2, 3, 4], Enumerable.Range(0, 200).Select(i => store.ShardOf("account-" + i)).Distinct().Order());
        Assert.Equal(0, store.ShardOf(""));
    }

    [Theory]
    [InlineData("journal.db")]
    [InlineData("tables.db")]
    public void A_format_that_is_newer_than_the_program_is_refused(string file)
    {
        using TemporaryDirectory directory = new();
        directory.Open().Dispose();
        using (SqliteConnection connection = SqliteConnection.OpenWriter(directory.FileOf(file), 4096, "FULL", 1024))
        {
            connection.Execute("UPDATE meta SET value = 99 WHERE name = 'version'");
        }

        StoreException refused = Assert.Throws<StoreException>(() => directory.Open());
        Assert.Contains("is of format 99", refused.Message, StringComparison.Ordinal);
        Assert.Contains(file, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_without_their_journal_are_refused_and_a_journal_without_tables_is_not()
    {
        using TemporaryDirectory directory = new();
        using (Store.Store store = directory.Open())
        {
            store.Append([new JournalGroup(1, 1, 1, 1, new byte[1])]);
            store.Write(1, new Changes(), 1, 1);
        }

        using TemporaryDirectory copy = directory.Copy();
        File.Delete(directory.FileOf("journal.db"));
        Assert.Contains("journal is missing or older", Assert.Throws<StoreException>(() => directory.Open()).Message, StringComparison.Ordinal);

        File.Delete(copy.FileOf("tables.db"));
        using Store.Store rebuilt = copy.Open();
        Assert.Equal((0, 0), rebuilt.PositionOf(1));
        Assert.Equal(1, rebuilt.LastPosition(1));
    }

    [Fact]
    public void A_file_that_is_no_database_is_named()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory.FileOf("journal.db"), new string('x', 5_000));
        Assert.Contains("journal.db is damaged", Assert.Throws<StoreException>(() => directory.Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_owner_may_read_the_files()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using TemporaryDirectory directory = new();
        string inside = directory.FileOf("data");
        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = inside });
        store.Append([new JournalGroup(1, 1, 1, 1, new byte[1])]);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(inside));
        foreach (string file in Directory.GetFiles(inside))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Contains(Path.Combine(inside, "journal.db-wal"), Directory.GetFiles(inside));
    }

    // SQLite up to 3.50.6 can lose data when two connections write and checkpoint at the same moment.
    [Fact]
    public void Connections_that_read_neither_write_nor_checkpoint()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        using SqliteConnection reader = SqliteConnection.OpenReader(directory.FileOf("journal.db"));
        Assert.Equal(0, reader.Number("PRAGMA wal_autocheckpoint"));
        Assert.Throws<StoreException>(() => reader.Execute("DELETE FROM journal"));
    }
}

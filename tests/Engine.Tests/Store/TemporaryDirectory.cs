using Minutebook.Store;
using Minutebook.Testing;
using Xunit;

namespace Minutebook.Engine.Tests.Storing;

/// <summary>A directory for one test, gone after it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("minutebook-").FullName;

    /// <summary>A store of its own, all of whose shards are this process's.</summary>
    public Store.Store Open(int shards = 4)
    {
        Store.Store store = Store.Store.Open(new StoreOptions { Directory = Path, Postgres = TestStore.PostgresOf(Path), Shards = shards });
        for (int shard = 0; shard <= store.Shards; shard++)
        {
            Assert.True(store.TryHold(shard));
        }

        return store;
    }

    /// <summary>The files as a kill at this moment would leave them.</summary>
    public TemporaryDirectory Copy()
    {
        TemporaryDirectory copy = new();
        foreach (string file in Directory.GetFiles(Path, "*.db*"))
        {
            File.Copy(file, System.IO.Path.Combine(copy.Path, System.IO.Path.GetFileName(file)));
        }

        return copy;
    }

    /// <summary>Does to the journal behind the store's back what SQL says; bytes are written as SQLite has them.</summary>
    public void ExecuteOnJournal(string sql)
    {
        if (TestStore.PostgresOf(Path) is { } postgres)
        {
            using PostgresConnection connection = new PostgresDatabase(postgres).OpenWriter();
            PostgresDatabase.Execute(connection, System.Text.RegularExpressions.Regex.Replace(sql, "x'([0-9a-f]*)'", @"'\x$1'"));
            return;
        }

        using SqliteConnection file = SqliteConnection.OpenWriter(FileOf("journal.db"), 4096, "FULL", 1024);
        file.Execute(sql);
    }

    public string FileOf(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

using Minutebook.Core;
using Minutebook.Store;
using Minutebook.Tests;
using Xunit;

namespace Minutebook.Engine.Tests.Storing;

[Trait("Store", "SQLite")]
public sealed class DiskFullTests
{
    [SmallDiskFact]
    public void A_full_disk_refuses_what_is_new_keeps_what_was_answered_and_works_again_when_there_is_room()
    {
        using SmallDisk disk = SmallDisk.OfMebibytes(12);
        FillAndRecover(disk);
    }

    private static void FillAndRecover(SmallDisk disk)
    {
        byte[] data = new byte[300_000];
        string ballast = disk.Ballast(mebibytes: 4);
        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = Path.Combine(disk.Path, "data"), Shards = 4 });
        store.Write(1, Chunk(0, 10), 0, 0);
        int refused = 0;
        while (refused < 5)
        {
            try
            {
                store.Append([new JournalGroup(1, store.LastPosition(1) + 1, 1, 1, data), new JournalGroup(2, store.LastPosition(2) + 1, 1, 1, data)]);
            }
            catch (StoreFullException)
            {
                refused++;
            }
        }

        long kept = store.LastPosition(1);
        Assert.True(kept > 3);
        Assert.ThrowsAny<StoreException>(() => store.Write(1, Chunk(1, 4 << 20), 1, 1));
        Assert.Equal(kept, store.ReadJournal(1, 0).Count());
        using (Reader reader = store.Read())
        {
            Assert.Single(reader.AllChunks(1));
        }

        File.Delete(ballast);
        store.Append([new JournalGroup(1, kept + 1, 1, 1, data)]);
        store.Write(1, Chunk(1, 1_000), 1, 1);
        Assert.Equal(kept + 1, store.ReadJournal(1, 0).Count());
        Assert.Equal(kept, store.ReadJournal(2, 0).Count());
        using Reader after = store.Read();
        Assert.Equal([10, 1_000], after.AllChunks(1).Select(chunk => chunk.Data.Length));
    }

    private static Changes Chunk(int first, int bytes)
    {
        Changes changes = new();
        changes.Chunks.Add(new ChunkRow("a", 1, first, new byte[bytes]));
        return changes;
    }
}

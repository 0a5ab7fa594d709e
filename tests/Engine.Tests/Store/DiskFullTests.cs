using System.Diagnostics;
using Minutebook.Core;
using Minutebook.Store;
using Xunit;

namespace Minutebook.Engine.Tests.Storing;

public sealed class DiskFullTests
{
    [Fact]
    public void A_full_disk_refuses_what_is_new_keeps_what_was_answered_and_works_again_when_there_is_room()
    {
        using TemporaryDirectory directory = new();
        if (!Run("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", directory.Path))
        {
            // Only root may mount; the injected failure of JournalTests remains.
            return;
        }

        try
        {
            FillAndRecover(directory);
        }
        finally
        {
            Assert.True(Run("umount", "-l", directory.Path));
        }
    }

    private static void FillAndRecover(TemporaryDirectory directory)
    {
        byte[] data = new byte[300_000];
        string ballast = directory.FileOf("ballast");
        File.WriteAllBytes(ballast, new byte[4 << 20]);
        using Store.Store store = directory.Open();
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

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

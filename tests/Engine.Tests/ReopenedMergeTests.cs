using System.Buffers;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Engine;
using Minutebook.Store;
using NodaTime;
using Xunit;

namespace Minutebook.Tests;

/// <summary>Books that are opened again while identity runs are merged for those that there were.</summary>
public sealed class ReopenedMergeTests : IDisposable
{
    private const int Shard = 1;
    private const int RunEvents = 16;
    private static readonly Instant Start = Instant.FromUtc(2027, 4, 5, 12, 0);
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;
    private readonly Store.Store store;

    public ReopenedMergeTests() => store = Store.Store.Open(new StoreOptions { Directory = directory, Shards = 1 });

    public void Dispose()
    {
        store.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void What_was_to_be_merged_for_books_that_were_opened_again_since_is_left_to_these()
    {
        Fill();
        using var merger = new RunMerger(store);
        var idle = new Fold(store, Shard);
        var first = new Fold(store, Shard, null, merger, RunEvents);
        Fold second = null!;
        Fold third = null!;
        // The merger waits for what is let go of only when its turn has come.
        idle.WhileHeld(() =>
        {
            merger.Enqueue(new Merge(idle, "none", 1, 0));
            first.Open();
            second = first.Anew();
            third = second.Anew();
            idle.LetGo();
        });
        Assert.True(SpinWait.SpinUntil(() => Heads() is [(1, 0)] or [.., (1, 0)], 30_000));
        third.LetGo();
        using var another = new RunMerger(store);
        var last = new Fold(store, Shard, null, another, RunEvents);
        last.Open();
        using Reader read = store.Read();
        Assert.Equal([(1, 0)], read.RunsBegun("school"));
        Assert.Equal(8 * RunEvents, read.Blocks(Assert.Single(read.RunHeads("school"))).Sum(static block => IdentityBlock.Read(block.Span, new RunEntry[IdentityRun.BlockEntries])));
        last.LetGo();
    }

    /// <summary>Who was silent for so long that another has the shard by now merges what is not there any more.</summary>
    [Fact]
    public void What_another_process_has_merged_already_is_no_defect_of_the_merger()
    {
        Fill();
        using var merger = new RunMerger(store);
        var fold = new Fold(store, Shard, null, merger, RunEvents);
        merger.Enqueue(new Merge(fold, "school", 2, 0));
        fold.Open();
        Assert.True(SpinWait.SpinUntil(() => Heads() is [.., (1, 0)], 30_000));
        fold.LetGo();
    }

    private (int, int)[] Heads()
    {
        using Reader read = store.Read();
        return [.. read.RunHeads("school").Select(static head => (head.Level, head.Number))];
    }

    private void Fill()
    {
        var fold = new Fold(store, Shard, null, null, RunEvents);
        fold.Open();
        Append(static to =>
        {
            Entry.WriteCommand(to, new Command.PutAccount("school", "School", "USD", "UTC"));
            Entry.WriteCommand(to, new Command.PutApplication("school", "app", "Lessons"));
        });
        for (int run = 0; run < 8; run++)
        {
            EventBatch batch = new();
            foreach (int number in Enumerable.Range(run * RunEvents, RunEvents))
            {
                batch.Add(new UsageEvent.ContentDelivered("//s", $"{number}", Start - Duration.FromMinutes(number), "app", null, 1, DeliveryKind.Other));
            }

            Append(to => Entry.WriteEvents(to, "school", "test", batch, [.. Enumerable.Range(0, batch.Count)]));
        }

        foreach (JournalGroup group in store.ReadJournal(Shard, 0))
        {
            fold.Take(group);
            fold.FlushTo(store);
        }
    }

    private void Append(Action<ArrayBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> to = new();
        write(to);
        store.Append(Start.ToUnixTimeMilliseconds(), Entry.Codec, [(Shard, to.WrittenMemory)]);
    }
}

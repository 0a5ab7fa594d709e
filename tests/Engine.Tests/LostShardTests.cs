using System.Buffers;
using System.Collections.Concurrent;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using Minutebook.Testing;
using NodaTime;
using Npgsql;
using Xunit;

namespace Minutebook.Tests;

/// <summary>
/// A process that was silent for so long that another has its shard by now, and that does not know it. What it reads of the store does not fit
/// what it has in memory; it lets go of the shard, and takes that for no defect of its own. Each process is here a store of its own.
/// </summary>
public sealed class LostShardTests : ShardOfTwo
{
    [Fact]
    public void What_the_new_owner_has_merged_and_removed_is_no_defect_of_the_old_one()
    {
        using Store.Store silent = Open(), other = Open();
        using RunMerger merger = new(other);
        var resting = new RunMerger(silent);
        resting.Dispose();
        using Shard old = Take(silent, resting);
        old.Start();
        long last = AppendAccount(other);
        for (int run = 0; run < 8; run++)
        {
            last = Append(other, Delivered(run * RunEvents, RunEvents));
        }

        Fold(old, silent, last);
        EndWriter();
        using Shard owner = Take(other, merger);
        owner.Start();
        Until(() => HasOnlyMergedRuns(other), "The new owner merged no runs.", () => owner.ComeTo(Append(other, Delivered(0, 1))));

        // An event that came long ago: its identity is looked for in the runs that there were.
        old.ComeTo(Append(other, Delivered(0, 1)));
        Until(() => old.IsLost, "The old owner went on.");
        Assert.Empty(Defects);
    }

    [Fact]
    public void Pages_that_the_new_owner_has_written_are_no_defect_of_the_old_one()
    {
        using Store.Store silent = Open(), other = Open();
        using RunMerger resting = new(silent), merger = new(other);
        using Shard old = Take(silent, resting);
        old.Start();
        AppendAccount(other);
        Fold(old, silent, Append(other, Delivered(0, 1)));
        // Long after, so that what was delivered leaves memory: from then on pages that are not there are looked for in the store.
        Time += 3_600_000;
        Fold(old, silent, Append(other, Joined("u1", 60)));
        EndWriter();
        long next = Append(other, Joined("u2", 60) with { Class = "geometry" });
        using Shard owner = Take(other, merger);

        // The class that the new owner has begun has the number that the old one gives to the class after it.
        old.ComeTo(Append(other, Joined("u3", 60) with { Class = "physics" }));
        Until(() => old.IsLost, "The old owner went on.");
        Assert.Empty(Defects);
        Assert.Equal(next, other.PositionOf(Number).Position);
    }

    [Fact]
    public async Task A_shard_that_was_lost_while_its_books_were_opened_is_no_defect_and_taken_again()
    {
        using Store.Store store = Open();
        using RunMerger merger = new(store);
        int opened = 0;
        var shards = new Shard?[Number + 1];
        var node = new Node(store, shards, OpenShard, new Elsewhere(), new Decisions(), false, Defects.Enqueue);
        await node.StartAsync();
        Until(() => Array.TrueForAll(shards, static shard => shard is not null), "A shard was not taken again.");
        await node.DisposeAsync();
        Assert.Empty(Defects);

        Shard OpenShard(int number)
        {
            if (number == Number && opened++ == 0)
            {
                EndWriter();
                throw new InvalidOperationException("Rows of the store do not fit each other.");
            }

            var shard = new Shard(store, number, Defects.Enqueue, Defects.Enqueue, static _ => { }, static _ => { }, merger, Options, new Elsewhere());
            return shard;
        }
    }

    private static void Fold(Shard old, Store.Store its, long position)
    {
        old.ComeTo(position);
        Until(() => its.PositionOf(Number).Position == position, "The old owner did not fold what there was.");
    }
}

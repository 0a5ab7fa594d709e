using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Engine;
using Minutebook.Engine.Tests.Storing;
using Minutebook.Store;
using Xunit;

namespace Minutebook.Tests;

/// <summary>An account is halted while another process prepares to take its shard, and by another build than the next one's (decision 0015).</summary>
public sealed class HaltedHandOverTests : ShardOfTwo
{
    private readonly List<Permits> published = [];
    private long defectiveFrom = long.MaxValue;

    private Shard Make(Store.Store store, RunMerger merger) => new(store, Number, Defects.Enqueue, static _ => { }, static _ => { }, published.Add, merger, Options with { Folding = Fold }, new Elsewhere());

    private void Fold(string account, long position)
    {
        if (position >= Interlocked.Read(ref defectiveFrom))
        {
            throw new InvalidOperationException("A defect.");
        }
    }

    [Fact]
    public void Who_prepares_beside_an_owner_that_halts_an_account_begins_again_and_another_build_tells_only_what_comes_out()
    {
        using Store.Store one = Open(), other = Open();
        using RunMerger merging = new(one), merger = new(other);
        Until(() => one.TryHold(Number), "The shard was not free.");
        Shard owner = Make(one, merging);
        owner.Open();
        owner.Start();
        AppendAccount(one);
        long last = Append(one, Joined("u1", 0));
        owner.ComeTo(last);
        Until(() => one.PositionOf(Number).Position == last, "The owner did not store what there was.");
        using (Shard early = Make(other, merger))
        {
            early.Prepare();
            Interlocked.Exchange(ref defectiveFrom, last + 1);
            owner.ComeTo(last = Append(one, Joined("u2", 0)));
            Until(() => one.PositionOf(Number).Position == last, "The owner did not go on.");
            Assert.Throws<StoreException>(early.Follow);
        }

        Shard heir = Make(other, merger);
        heir.Prepare();
        owner.Dispose();
        one.Release(Number);
        Until(() => other.TryHold(Number), "The shard was not free.");
        published.Clear();
        heir.Open();
        Assert.NotNull(Assert.Single(published).HaltedAt);
        using (TemporaryDirectory scratch = new())
        {
            Assert.Empty(Replay.Verify(other, Number, scratch.Path).Differences);
        }

        heir.Dispose();
        Mended(other, last);
        using Reader read = one.Read();
        Assert.Empty(read.Halted(Number));
        using TemporaryDirectory again = new();
        Assert.Empty(Replay.Verify(other, Number, again.Path).Differences);
        Assert.Equal(last, read.PositionOf(Number).Position);
        Assert.Empty(Defects);
    }

    [Fact]
    public void Who_goes_on_with_tables_that_another_was_making_again_tells_only_what_comes_out()
    {
        using Store.Store store = Open();
        using RunMerger merger = new(store);
        Until(() => store.TryHold(Number), "The shard was not free.");
        long begun = AppendAccount(store);
        using (Shard owner = Make(store, merger))
        {
            owner.Open();
            owner.Start();
            long last = Append(store, static to => Entry.WriteCommand(to, new Command.PutApplication("school", "late", "Late")));
            owner.ComeTo(last);
            Until(() => store.PositionOf(Number).Position == last, "The owner did not store what there was.");
        }

        // Killed in the middle of it.
        store.Empty(Number);
        var half = new Fold(store, Number);
        half.Open();
        half.Take(store.ReadJournal(Number, 0).First());
        half.FlushTo(store);
        Assert.Equal(begun, store.PositionOf(Number).Position);

        published.Clear();
        using Shard next = Make(store, merger);
        next.Open();
        Assert.Equal(["app", "late"], Assert.Single(published).Applications.Keys.Order());
    }

    private void Mended(Store.Store store, long last)
    {
        Interlocked.Exchange(ref defectiveFrom, long.MaxValue);
        var changes = new Changes();
        changes.Halted.Add(new HaltedRow("school too", 1, 1, "another", "A defect."));
        (long position, long time) = store.PositionOf(Number);
        store.Write(Number, changes, position, time);
        published.Clear();
        using RunMerger merger = new(store);
        using Shard mended = Make(store, merger);
        mended.Open();
        Permits told = Assert.Single(published);
        Assert.Equal(("school", null), (told.Account, told.HaltedAt));
        Assert.Null(PermitsJson.Read(Assert.Single(store.Nodes!.Permits(Number, last))).HaltedAt);
    }
}

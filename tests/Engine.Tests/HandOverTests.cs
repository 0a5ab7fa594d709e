using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Engine.Tests.Storing;
using Minutebook.Store;
using NodaTime;
using Xunit;

namespace Minutebook.Tests;

/// <summary>A shard that one process hands over to another, which opens its books while the first still writes them.</summary>
public sealed class HandOverTests : ShardOfTwo
{
    [Fact]
    public void An_heir_that_opened_the_books_beside_their_owner_goes_on_as_the_owner_would_have()
    {
        using Store.Store one = Open(), other = Open();
        using RunMerger merging = new(one), merger = new(other);
        Shard owner = Take(one, merging);
        owner.Start();
        AppendAccount(one);
        Append(one, Joined("u1", 0), Joined("u2", 1));
        long last = Append(one, Delivered(0, 3 * RunEvents));
        owner.ComeTo(last);
        Until(() => one.PositionOf(Number).Position == last, "The owner did not store what there was.");

        using Shard heir = new(other, Number, Defects.Enqueue, Defects.Enqueue, static _ => { }, static _ => { }, merger, Options, new Elsewhere());
        heir.Prepare();
        // Pages that leave memory and come again, runs that are merged below the heir's feet, a voided event, classes it has not heard of.
        for (int run = 3; run < 8; run++)
        {
            Time += 1_800_000;
            Append(one, Delivered(run * RunEvents, RunEvents));
            last = Append(one, Joined($"late{run}", 30 * run), new UsageEvent.EventVoided("//s", $"void{run}", Start, "app", "//s", $"{run}"));
            owner.ComeTo(last);
            Until(() => one.PositionOf(Number).Position == last, "The owner did not store what came.");
            heir.Follow();
        }

        Until(() => HasOnlyMergedRuns(one), "The owner merged no runs.", () => owner.ComeTo(last = Append(one, Delivered(0, 1))));
        last = Append(one, Joined("last", 250));
        owner.Dispose();
        one.Release(Number);

        Until(() => other.TryHold(Number), "The shard was not free.");
        heir.Open();
        heir.Start();
        heir.ComeTo(last = Append(other, [.. Delivered(RunEvents, 2 * RunEvents), Joined("u1", 0), Joined("next", 260), new UsageEvent.EventVoided("//s", "void", Start, "app", "//s", "join-u2")]));
        Until(() => other.PositionOf(Number).Position == last, "The heir did not fold what came.");
        Assert.Empty(Defects);
        using TemporaryDirectory scratch = new();
        // A page names the run of its last event, and a replay seals larger runs; rows that are the same stand on both sides.
        string[] lines = [.. Replay.Verify(other, Number, scratch.Path).Differences.Where(static line => !line[2..].StartsWith("pages\t", StringComparison.Ordinal))];
        Assert.Equal(lines.Where(static line => line[0] == '-').Select(static line => line[2..]), lines.Where(static line => line[0] == '+').Select(static line => line[2..]));
        using Reader read = other.Read();
        Assert.Equal([(1, 0)], read.RunsBegun("school"));
    }

    [Fact]
    public async Task A_process_that_leaves_or_shares_serves_each_shard_until_another_has_prepared_to_take_it()
    {
        using Store.Store asking = Open();
        AppendAccount(asking);
        (int, bool)[] made;
        long longest;
        int tries = 0;
        do
        {
            Task<(int, bool)[]> handing = HandOverAsync();
            for (longest = 0; !handing.IsCompleted; await Task.Delay(50))
            {
                long asked = Environment.TickCount64;
                asking.Nodes!.Owners();
                longest = Math.Max(longest, Environment.TickCount64 - asked);
            }

            made = await handing;
        }
        // Where the database itself does not answer for that long, a process is silent for three seconds and loses its shards without a word.
        while (longest > 1_000 && ++tries < 3);

        Assert.Equal([(0, true), (1, true)], made);
    }

    /// <summary>A process shares with a second, and then leaves all to it.</summary>
    /// <returns>The shards that the second opened, and whether the first had them at that moment.</returns>
    private async Task<(int Number, bool WasHeld)[]> HandOverAsync()
    {
        using Store.Store one = Open(), other = Open();
        using RunMerger merging = new(one), merger = new(other);
        List<(int Number, bool WasHeld)> made = [];
        (Shard?[] its, Shard?[] others) = (new Shard?[Number + 1], new Shard?[Number + 1]);
        var first = new Node(one, its, number => new Shard(one, number, Defects.Enqueue, Defects.Enqueue, static _ => { }, static _ => { }, merging, Options, new Elsewhere()), new Elsewhere(), new Decisions(), false, Defects.Enqueue);
        await first.StartAsync();
        var second = new Node(other, others, Make, new Elsewhere(), new Decisions(), false, Defects.Enqueue);
        await second.StartAsync();
        Until(() => others.Count(static shard => shard is not null) == 1 && its.Count(static shard => shard is not null) == 1, "They do not share.");
        await first.DisposeAsync();
        Until(() => Array.TrueForAll(others, static shard => shard is not null), "What was given away was not taken.");
        await second.DisposeAsync();
        Assert.Empty(Defects);
        return [.. made.Order()];

        Shard Make(int number)
        {
            lock (made)
            {
                made.Add((number, one.Holds(number)));
            }

            return new Shard(other, number, Defects.Enqueue, Defects.Enqueue, static _ => { }, static _ => { }, merger, Options, new Elsewhere());
        }
    }
}

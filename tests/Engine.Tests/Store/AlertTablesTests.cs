using Minutebook.Core;
using Minutebook.Store;
using Xunit;

namespace Minutebook.Engine.Tests.Storing;

public sealed class AlertTablesTests
{
    [Fact]
    public void Alerts_are_read_by_account_and_by_shard_in_the_order_in_which_they_were_written()
    {
        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open();
        string other = Enumerable.Range(0, 1000).Select(n => $"other-{n}").First(id => store.ShardOf(id) == store.ShardOf("a"));
        AlertRow[] alerts = [Alert("a", 1), Alert(other, 1), Alert("a", 2)];
        Write(store, 1, changes => changes.Alerts.Add(alerts[0]));
        Write(store, 2, changes => changes.Alerts.AddRange([alerts[1], alerts[2]]));
        // After a crash the fold writes again what it must.
        Write(store, 3, changes => changes.Alerts.Add(alerts[2]));
        Write(store, 4, changes => changes.Acknowledgements.Add(new AcknowledgementRow("a", 2, 77)));

        using Reader read = store.Read();
        int shard = store.ShardOf("a");
        Assert.Equal([alerts[0], alerts[2]], read.Alerts("a", 0, 10));
        Assert.Equal([alerts[2]], read.Alerts("a", 1, 10));
        Assert.Equal(alerts[2], read.Alert("a", 2));
        Assert.Equal([(1, alerts[0]), (2, alerts[1]), (3, alerts[2])], read.AlertsAfter(shard, 0, 10));
        Assert.Equal([(2, alerts[1])], read.AlertsAfter(shard, 1, 1));
        Assert.Equal(3, read.LastAlert(shard));
        Assert.Equal(0, read.LastAlert(0));
        Assert.Equal([new("a", 2, 77)], read.Acknowledgements("a"));
        Assert.Empty(read.Acknowledgements("a", 0, 1));
    }

    private static AlertRow Alert(string account, long index) =>
        new(account, index, "bill.issued", 5, index == 1 ? null : "app", "bill 1", "{\"bill\":\"1\"}");

    private static void Write(Store.Store store, long position, Action<Changes> fill)
    {
        Changes changes = new();
        fill(changes);
        store.Write(store.ShardOf("a"), changes, position, position * 10);
    }
}

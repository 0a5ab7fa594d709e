using System.Text;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>What was set aside: tried again on command, and by itself where its application was registered later.</summary>
public sealed partial class Engine
{
    /// <summary>Tries again what was kept and not applied for an account, those included whose application has become the account's since (rule 1.5).</summary>
    /// <returns>How many events were tried.</returns>
    public async Task<int> ReapplyAsync(string account, Asker by)
    {
        RefuseHalted(account);
        if (IsShared)
        {
            Learn(DirectoryOf(account));
        }

        await AdoptAsync([.. applications.Where(its => its.Value.Account == account).Select(its => its.Key)]);
        // What came before, and what became of it, shows once this is done.
        await ExecuteAsync(new Command.AdoptKept(account, []) { By = by });
        var reader = new EventReader();
        var faults = new EventFaults();
        (string, long, UInt128)? after = null;
        for (int count = 0; ;)
        {
            // Piece by piece: much may have been kept.
            List<KeptRow> some = KeptAfter(account, after);
            EventBatch batch = Rent();
            foreach (KeptRow row in some)
            {
                reader.Read(row.Event, EventFormat.One, batch, clock.Milliseconds, faults);
            }

            count += batch.Count;
            await AcceptAsync(batch, "reapply", wait: true);
            if (some.Count < MostReapplied)
            {
                return count;
            }

            after = (some[^1].Account, some[^1].ReceivedAt, some[^1].Identity);
        }
    }

    /// <summary>
    /// Hands what was kept for applications that nobody had registered over to the accounts that have them now, before anything else of
    /// them is taken: the first to arrive counts (rule 1.3). Done again after a crash, it comes to the same.
    /// </summary>
    private async Task AdoptAsync(string[] names)
    {
        if (!names.Any(IsWaiting))
        {
            return;
        }

        await adopting.WaitAsync();
        try
        {
            foreach (string name in names.Where(IsWaiting))
            {
                // All that was durable before shows once this is done.
                await ExecuteAsync(new Command.ReleaseKept([]));
                await AdoptAsync(name, RouteOf(name).Account);
                unknown.TryRemove(name, out _);
            }
        }
        finally
        {
            adopting.Release();
        }
    }

    private bool IsWaiting(string application) => unknown.ContainsKey(application) && applications.ContainsKey(application);

    private async Task AdoptAsync(string application, string account)
    {
        List<KeptRow> some = KeptAfter("", null);
        while (some.Count > 0)
        {
            foreach (KeptRow[] piece in some.Where(row => KeptApplication(row.Event) == application).Chunk(MostAdopted))
            {
                Outcome adopted = await ExecuteAsync(new Command.AdoptKept(
                    account, [.. piece.Select(static row => new KeptBefore(Encoding.UTF8.GetString(row.Event), row.ReceivedAt))]));
                // A halted account's stands in its journal now, and comes to light when it goes on.
                if (adopted.Refusal is not (null or Refusal.Unavailable))
                {
                    return;
                }

                await ExecuteAsync(new Command.ReleaseKept([.. piece.Select(static row => row.Identity.ToString())]));
            }

            some = KeptAfter("", (some[^1].Account, some[^1].ReceivedAt, some[^1].Identity));
        }
    }

    private List<KeptRow> KeptAfter(string account, (string, long, UInt128)? after)
    {
        using Reader read = Store.Read();
        return read.Kept(account, after, MostReapplied);
    }

    private static string KeptApplication(byte[] json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return document.RootElement.GetProperty("data").GetProperty("application").GetString()!;
    }

    /// <summary>Looks for applications that others may have registered meanwhile.</summary>
    private void Learn(IReadOnlyList<string> names)
    {
        string[] strange = [.. names.Where(name => !applications.ContainsKey(name))];
        if (strange.Length == 0)
        {
            return;
        }

        bool found = false;
        using (Reader read = Store.Read())
        {
            foreach (DirectoryRow row in read.Directory(strange))
            {
                found |= applications.TryAdd(row.Application, new Route(row.Account, Store.ShardOf(row.Account)));
                unsettled.TryRemove(row.Application, out _);
            }
        }

        if (found)
        {
            LearnUnknown();
        }
    }

    private List<string> DirectoryOf(string account)
    {
        using Reader read = Store.Read();
        return [.. read.Directory().Where(row => row.Account == account).Select(static row => row.Application)];
    }

    /// <summary>Learns of which unknown applications events were kept, since the last time.</summary>
    private void LearnUnknown()
    {
        lock (unknown)
        {
            using Reader read = Store.Read();
            foreach (KeptRow row in Fold.AllKept(read, "", lastKept))
            {
                unknown[KeptApplication(row.Event)] = true;
                lastKept = (row.Account, row.ReceivedAt, row.Identity);
            }
        }
    }

    /// <summary>The applications whose events go to the installation, because nobody had registered them when they were cut.</summary>
    private string[] NoteUnknown(Work work, EventBatch batch)
    {
        string[] strangers = [.. work.Parts.Where(static part => part.Account.Length == 0).SelectMany(part => NamesOf(batch, part.Rows))];
        foreach (string name in strangers)
        {
            unknown[name] = true;
        }

        return strangers;
    }
}

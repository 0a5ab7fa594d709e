using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Engine;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Who did what to the account, newest first, and whether the chain of records is unbroken.</summary>
internal sealed class AuditPage
{
    private const int PageRows = 50;

    private readonly ConcurrentDictionary<int, (long Last, AuditCheck Check)> checkedUpTo = new();

    public static void Map(ConsolePages pages)
    {
        var its = new AuditPage();
        pages.Get("/audit", its.Show);
    }

    private IResult Show(Visit visit, Store.Reader read)
    {
        List<(int Shard, AuditRow Row)> rows = read.AuditBefore(visit.Account!.Id, AuditRoutes.KeyOf(Cursor.Read(visit.Query("before") ?? "", 3)), PageRows + 1);
        string? older = rows.Count > PageRows ? visit.With(("before", AuditRoutes.CursorOf(rows[PageRows - 1]))) : null;
        int[] shards = [.. rows.Select(row => row.Shard).Append(visit.Call.Engine.Store.ShardOf(visit.Account.Id)).Distinct()];
        AuditCheck[] checks = [.. shards.Select(shard => CheckOf(read, shard))];
        return ConsolePages.Show<AuditSheet>(visit, new AuditModel(
            [.. rows.Take(PageRows).Select(row => ShownOf(visit, row.Row))], older, checks.Sum(check => check.Records),
            string.Join(" ", checks.Select(check => check.Fault).OfType<string>())));
    }

    /// <summary>A chain that has not grown since is not followed again.</summary>
    private AuditCheck CheckOf(Store.Reader read, int shard)
    {
        long last = read.LastAudit(shard)?.Number ?? 0;
        if (checkedUpTo.TryGetValue(shard, out (long Last, AuditCheck Check) known) && known.Last == last)
        {
            return known.Check;
        }

        AuditCheck check = AuditCheck.Of(read, shard);
        checkedUpTo[shard] = (last, check);
        return check;
    }

    private static ShownRecord ShownOf(Visit visit, AuditRow row)
    {
        using var record = JsonDocument.Parse(row.Record);
        JsonElement its = record.RootElement;
        string action = its.GetProperty("action").GetString()!;
        var texts = new AuditText(visit);
        return new ShownRecord(
            Instant.FromUnixTimeMilliseconds(row.At), visit.Texts.Find("action." + action) ?? action, its.GetProperty("name").GetString()!,
            its.GetProperty("key").GetString()!, visit.Runs ? its.GetProperty("address").GetString() : null,
            [.. texts.Request(its.GetProperty("request"))], [.. texts.Changes(its.GetProperty("before"), its.GetProperty("after"))]);
    }
}

/// <summary>What the page of the audit shows.</summary>
/// <param name="Checked">How many records of the chains were followed.</param>
/// <param name="Fault">What is wrong with them; empty for nothing.</param>
public sealed record AuditModel(IReadOnlyList<ShownRecord> Records, string? Older, long Checked, string Fault);

/// <summary>A record of the audit.</summary>
public sealed record ShownRecord(
    Instant At, string Action, string Name, string Key, string? Address, IReadOnlyList<string> Details, IReadOnlyList<string> Changes);

using System.Text.Json.Nodes;
using Minutebook.Core;

namespace Minutebook.Engine;

/// <summary>What became of checking a shard's audit.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Records">How many records are good, from the first.</param>
/// <param name="Head">The hash of the last of them, in hexadecimal; empty when there is none.</param>
/// <param name="Fault">What is wrong with the next; null when there is nothing wrong.</param>
public sealed record AuditCheck(int Shard, long Records, string Head, string? Fault)
{
    /// <summary>Follows a shard's records from the first and sees that each is bound to all before it.</summary>
    /// <param name="read">The tables.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="known">A head noted earlier, which must be among the hashes: the number of records, and the hash; null for none.</param>
    public static AuditCheck Of(Store.Reader read, int shard, (long Records, string Head)? known = null)
    {
        long records = 0;
        byte[] head = new byte[32];
        foreach (AuditRow row in read.Audit(shard))
        {
            if (FaultOf(row, records + 1, head) is { } fault)
            {
                return new AuditCheck(shard, records, records == 0 ? "" : Convert.ToHexStringLower(head), fault);
            }

            (records, head) = (row.Number, row.Hash);
            if (known is { } noted && noted.Records == records && noted.Head != Convert.ToHexStringLower(head))
            {
                return new AuditCheck(shard, records, Convert.ToHexStringLower(head), $"Record {records} is not the one that was noted: the records up to it were rewritten.");
            }
        }

        string last = records == 0 ? "" : Convert.ToHexStringLower(head);
        return new AuditCheck(
            shard, records, last, known is { } more && more.Records > records ? $"{more.Records} records were noted, and {records} are there: the end is missing." : null);
    }

    private static string? FaultOf(in AuditRow row, long number, byte[] head)
    {
        if (row.Number != number)
        {
            return $"Record {number} is missing; {row.Number} follows.";
        }

        if (!Core.Audit.HashOf(head, row.Record).AsSpan().SequenceEqual(row.Hash))
        {
            return $"Record {number} is not what was written, or what is before it is not.";
        }

        JsonNode record = JsonNode.Parse(row.Record)!;
        bool same = record["number"]!.GetValue<long>() == row.Number && record["at"]!.GetValue<long>() == row.At
            && record["account"]?.GetValue<string>() == row.Account;
        return same ? null : $"Record {number} is filed under another time or account than its own.";
    }
}

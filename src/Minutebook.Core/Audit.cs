using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Minutebook.Core.Accounts;

namespace Minutebook.Core;

/// <summary>
/// A shard's audit: what people had done, in order, each record bound to all before it by SHA-256. It is a fold like any other: who asked
/// stands in the journal with the command, and a replay makes the same records. One thread at a time.
/// </summary>
public sealed class Audit
{
    // Neither secrets, sealed or hashed, nor what is kept in full elsewhere.
    private static readonly string[] LeftOut = ["command", "by", "account", "sealedConfiguration", "sealedSecret", "hash", "cardJson"];

    /// <summary>Who asks where nobody does.</summary>
    public static Asker Itself { get; } = new("minutebook", "Minutebook itself", null);

    private readonly List<AuditRow> pending = [];
    private long number;
    private byte[] head = new byte[SHA256.HashSizeInBytes];

    /// <summary>Goes on after the last record that is stored.</summary>
    public void Restore(in AuditRow last) => (number, head) = (last.Number, last.Hash);

    /// <summary>Writes down that a command was done.</summary>
    /// <param name="command">The command; it has somebody who asked.</param>
    /// <param name="now">When, in ms.</param>
    /// <param name="before">What it was about, as it was; null when there was nothing.</param>
    /// <param name="after">The same as it is now.</param>
    public void Add(Command command, long now, JsonObject? before, JsonObject? after)
    {
        JsonObject request = JsonSerializer.SerializeToNode(command, Command.Json)!.AsObject();
        string action = request["command"]!.GetValue<string>();
        string? account = request["account"]?.GetValue<string>();
        foreach (string name in LeftOut)
        {
            request.Remove(name);
        }

        (JsonObject? was, JsonObject? its) = Difference(before, after);
        Add(command.By!, now, action, account, request, was, its);
    }

    /// <summary>Writes down that an account was released, which nobody asked for, and what that ordered to be deleted (rule 7.5).</summary>
    /// <param name="account">The account as it is now.</param>
    /// <param name="at">When, in ms.</param>
    public void AddRelease(AccountState account, long at)
    {
        JsonNode orders = JsonSerializer.SerializeToNode(
            account.Orders.Select(static order => new { order.Order, order.Application, order.Resource }), AccountState.Json)!;
        Add(
            Itself, at, "release", account.Id, new JsonObject { ["cause"] = account.Timeline[^1].Cause, ["orders"] = orders },
            Standing(account.Timeline[^2].Standing), Standing(account.Timeline[^1].Standing));
    }

    private static JsonObject Standing(Standing standing) => new() { ["standing"] = JsonSerializer.SerializeToNode(standing, AccountState.Json) };

    private void Add(Asker by, long now, string action, string? account, JsonObject request, JsonObject? was, JsonObject? its)
    {
        byte[] record = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["number"] = ++number,
            ["at"] = now,
            ["key"] = by.Key,
            ["name"] = by.Name,
            ["address"] = by.Address,
            ["action"] = action,
            ["account"] = account,
            ["request"] = request,
            ["before"] = was,
            ["after"] = its,
        });
        head = HashOf(head, record);
        pending.Add(new AuditRow(number, now, account, record, head));
    }

    /// <summary>Hands over the records since the last time.</summary>
    public void Flush(Changes changes)
    {
        changes.Audit.AddRange(pending);
        pending.Clear();
    }

    /// <summary>What binds a record to all before it: SHA-256 over the hash of the one before (zeros for the first) and the record.</summary>
    public static byte[] HashOf(ReadOnlySpan<byte> previous, ReadOnlySpan<byte> record) => SHA256.HashData([.. previous, .. record]);

    /// <summary>Of two states the fields in which they differ.</summary>
    private static (JsonObject? Before, JsonObject? After) Difference(JsonObject? before, JsonObject? after)
    {
        if (before is null || after is null)
        {
            return (before, after);
        }

        string[] changed = [.. before.Concat(after).Select(field => field.Key).Distinct().Where(name => !JsonNode.DeepEquals(before[name], after[name]))];
        return (Only(before, changed), Only(after, changed));
    }

    private static JsonObject Only(JsonObject state, string[] names) =>
        new(names.Where(state.ContainsKey).Select(name => KeyValuePair.Create(name, state[name]?.DeepClone())));
}

using System.Globalization;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Who did what, when, from which key and address.</summary>
internal static class AuditRoutes
{
    public static void Map(Routes routes) => routes.Get(
        "/v1/audit",
        new Doc("listAudit", "Who did what, newest first.")
        {
            Gives = typeof(ListView<AuditView>),
            Problems = [Code.NotFound],
            Query = [("account", "Only what was done to this account; everything when left out."), .. Doc.Paging],
        },
        List);

    private sealed record AuditView(
        Instant At, string Key, string Name, string? Address, string Action, string? Account, JsonElement Request, JsonElement? Before,
        JsonElement? After, int Shard, long Number, string Hash);

    /// <summary>A record as the fold wrote it.</summary>
    private sealed record Written(
        string Key, string Name, string? Address, string Action, JsonElement Request, JsonElement? Before, JsonElement? After);

    private static IResult List(Call call)
    {
        int limit = call.Limit();
        (long, int, long)? before = Before(call);
        string? account = call.Query("account");
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Refusal is not null || (account is not null && call.AccountAsItStands(read, account) is null))
        {
            return call.Refusal!;
        }

        // Where the people who run the installation sit is not their customers' business.
        bool withAddress = call.Caller.Role != KeyRole.Account;
        return Answer.List(read.AuditBefore(account, before, limit + 1), limit, its => View(its.Shard, its.Row, withAddress), CursorOf);
    }

    private static (long, int, long)? Before(Call call)
    {
        string?[]? key = call.After(3);
        (long, int, long)? before = KeyOf(key);
        if (key is not null && before is null)
        {
            call.RefuseCursor();
        }

        return before;
    }

    /// <summary>The place of a record in the list, from a cursor's parts; null when they are none.</summary>
    public static (long At, int Shard, long Number)? KeyOf(string?[]? key) =>
        key is not null && Cursor.Instant(key[0]) is { } at && Cursor.Place(key[1]) is { } shard && Cursor.Number(key[2]) is { } number
            ? (at, shard, number)
            : null;

    /// <summary>The cursor behind a record.</summary>
    public static string CursorOf((int Shard, AuditRow Row) its) => Cursor.Of(
        its.Row.At.ToString(CultureInfo.InvariantCulture), its.Shard.ToString(CultureInfo.InvariantCulture), its.Row.Number.ToString(CultureInfo.InvariantCulture));

    private static AuditView View(int shard, AuditRow row, bool withAddress)
    {
        Written its = JsonSerializer.Deserialize<Written>(row.Record, JsonText.Options)!;
        return new AuditView(
            Instant.FromUnixTimeMilliseconds(row.At), its.Key, its.Name, withAddress ? its.Address : null, its.Action, row.Account, its.Request,
            its.Before, its.After, shard, row.Number, Convert.ToHexStringLower(row.Hash));
    }
}

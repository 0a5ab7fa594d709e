using Minutebook.Core;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Keys: made, listed without what is secret, revoked.</summary>
internal sealed class KeyRoutes(Keyring keyring)
{
    public static void Map(Routes routes, Keyring keyring)
    {
        var keys = new KeyRoutes(keyring);
        routes.Post(
            "/v1/keys",
            new Doc("makeKey", "Makes a key, and shows it this once.") { Takes = typeof(KeyBody), Gives = typeof(NewKeyView), Statuses = [201], Problems = [Code.NotFound] },
            keys.PostAsync);
        routes.Get(
            "/v1/keys",
            new Doc("listKeys", "All keys by id, without the keys themselves.") { Gives = typeof(ListView<KeyView>), Query = Doc.Paging },
            keys.List);
        routes.Delete(
            "/v1/keys/{id}", new Doc("revokeKey", "Ends a key at once, and for good.") { Statuses = [204] }, keys.DeleteAsync);
    }

    private sealed record KeyBody(
        string Name, KeyRole Role, string? Account = null, string? Organization = null, string? Department = null, Instant? ExpiresAt = null);

    private sealed record NewKeyView(
        string Id, string Key, string Name, KeyRole Role, string? Account, string? Organization, string? Department, Instant? ExpiresAt);

    private sealed record KeyView(
        string Id, string Name, KeyRole Role, string? Account, string? Organization, string? Department, Instant CreatedAt, Instant? ExpiresAt,
        Instant? LastUsedAt);

    private async Task<IResult> PostAsync(Call call, Fields fields)
    {
        fields.Require("name", "role");
        Command.MakeKey make = Keyring.Draft(
            fields.Text("name") ?? "", fields.OneOf<KeyRole>("role") ?? default, Optional(fields, "account"), Optional(fields, "organization"),
            Optional(fields, "department"), ExpiresAt(fields));
        if (call.Refusal is null)
        {
            Check(make, fields);
        }

        if (make.Account is { } account)
        {
            using Store.Reader read = call.Engine.Store.Read();
            call.AccountAsItStands(read, account);
        }

        return call.Refusal is null && await keyring.MakeAsync(call, make) is var (id, key)
            ? Answer.Json(new NewKeyView(id, key, make.Name, make.Role, make.Account, make.Organization, make.Department, Moment(make.ExpiresAt)), created: true)
            : call.Refusal!;
    }

    /// <summary>Whether a key of that role is for an account, or a part of it. What says more than it means is refused.</summary>
    private static void Check(Command.MakeKey make, Fields fields)
    {
        bool mayHaveAccount = make.Role is KeyRole.Ingest or KeyRole.Account or KeyRole.Department;
        if (make.Account is null ? make.Role is KeyRole.Account or KeyRole.Department : !mayHaveAccount)
        {
            fields.Fault("account", $"A key of role {Fields.Spelling(make.Role)} {(mayHaveAccount ? "needs an" : "is for all accounts, not for one")} account.");
        }

        bool hasShare = make.Organization is not null || make.Department is not null;
        if (make.Role == KeyRole.Department ? !hasShare : hasShare)
        {
            fields.Fault(
                make.Role == KeyRole.Department ? "department" : make.Department is null ? "organization" : "department",
                make.Role == KeyRole.Department ? "Name the department, the organization, or both." : "Only a key of role department has a department or an organization.");
        }
    }

    private static string? Optional(Fields fields, string name) => fields.NullableText(name).Value;

    private static long? ExpiresAt(Fields fields)
    {
        if (Optional(fields, "expiresAt") is not { } text)
        {
            return null;
        }

        if (Moments.TryInstant(text, out Instant at, Moments.Latest))
        {
            return at.ToUnixTimeMilliseconds();
        }

        fields.Fault("expiresAt", "This must be an instant such as 2027-01-01T00:00:00Z, or null.");
        return null;
    }

    private IResult List(Call call)
    {
        int limit = call.Limit();
        string after = call.After(1)?[0] ?? "";
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        using Store.Reader read = call.Engine.Store.Read();
        return Answer.List(read.KeysAfter(after, limit + 1), limit, View, key => Cursor.Of(key.Key));
    }

    private KeyView View(KeyRow row) => new(
        row.Key, row.Name, row.Role, row.Account, row.Organization, row.Department, Instant.FromUnixTimeMilliseconds(row.CreatedAt),
        Moment(row.ExpiresAt), Moment(keyring.UsedAt(row.Key)));

    private async Task<IResult> DeleteAsync(Call call)
    {
        string id = call.Path("id");
        return call.Refusal is null && await keyring.RevokeAsync(call, id) ? new Nothing() : call.Refusal!;
    }

    private static Instant? Moment(long? ms) => ms is { } at ? Instant.FromUnixTimeMilliseconds(at) : null;
}

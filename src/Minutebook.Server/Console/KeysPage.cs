using Microsoft.Extensions.Primitives;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The account's keys: made, shown once, revoked.</summary>
internal sealed class KeysPage(Keyring keyring)
{
    private static readonly KeyRole[] Roles = [KeyRole.Ingest, KeyRole.Account, KeyRole.Department];

    public static void Map(ConsolePages pages, Keyring keyring)
    {
        var its = new KeysPage(keyring);
        pages.Get("/keys", (visit, read) => its.Show(visit, read));
        pages.AccountForm("/keys", its.MakeAsync);
        pages.AccountForm("/keys/{key}/revoke", its.RevokeAsync);
    }

    private async Task<IResult> MakeAsync(Visit visit, IReadOnlyDictionary<string, StringValues> form)
    {
        string? key = null;
        (Command.MakeKey? draft, string field) = Draft(visit, form);
        if (draft is null)
        {
            visit.Refuse("refused.key-" + field, field);
        }
        else if ((key = (await keyring.MakeAsync(visit.Call, draft))?.Key) is null)
        {
            visit.Refuse();
        }

        using Store.Reader read = visit.Call.Engine.Store.Read();
        return Show(visit, read, key);
    }

    /// <summary>The key that was filled in, or null and the field that cannot be taken.</summary>
    private static (Command.MakeKey?, string Field) Draft(Visit visit, IReadOnlyDictionary<string, StringValues> form)
    {
        string? Filled(string name) => form.GetValueOrDefault(name).ToString().Trim() is { Length: > 0 } text ? text : null;
        (string? name, string? organization, string? department, string? until) = (Filled("name"), Filled("organization"), Filled("department"), Filled("expires"));
        bool isRole = Enum.TryParse(Filled("role"), ignoreCase: true, out KeyRole role) && Roles.Contains(role);
        bool isShare = role == KeyRole.Department == (organization ?? department) is not null;
        LocalDate day = default;
        string? fault = name is null || Fields.Unfit(name) is not null ? "name"
            : !isRole ? "role"
            : organization is not null && (!isShare || Fields.Unfit(organization) is not null) ? "organization"
            : !isShare || (department is not null && Fields.Unfit(department) is not null) ? "department"
            : until is not null && !Moments.TryDate(until, out day) ? "expires"
            : null;
        if (fault is not null)
        {
            return (null, fault);
        }

        long? expiresAt = until is null ? null : Calendar.StartOf(DateTimeZoneProviders.Tzdb[visit.Account!.TimeZone], day).ToUnixTimeMilliseconds();
        return (Keyring.Draft(name!, role, visit.Account!.Id, organization, department, expiresAt), "");
    }

    private async Task<IResult> RevokeAsync(Visit visit, IReadOnlyDictionary<string, StringValues> form)
    {
        string id = visit.Call.Path("key");
        using (Store.Reader read = visit.Call.Engine.Store.Read())
        {
            if (read.Key(id) is not { } key || key.Account != visit.Account!.Id)
            {
                return ConsolePages.NotFound(visit);
            }
        }

        return await keyring.RevokeAsync(visit.Call, id) ? new SeeOther(visit.To("keys") + "?said=revoked") : ConsolePages.NotFound(visit);
    }

    private IResult Show(Visit visit, Store.Reader read, string? key = null) => ConsolePages.Show<KeysSheet>(visit, new KeysModel(
        [.. read.Keys().Where(row => row.Account == visit.Account!.Id).OrderBy(row => row.CreatedAt).Select(row => ShownOf(visit, row))], Roles, key));

    private ShownKey ShownOf(Visit visit, KeyRow row)
    {
        bool isOver = row.ExpiresAt is { } expires && SystemClock.Instance.GetCurrentInstant().ToUnixTimeMilliseconds() >= expires;
        return new ShownKey(
            row.Key, row.Name, visit.Texts["role." + row.Role.ToString().ToLowerInvariant()], string.Join(", ", ((string?[])[row.Organization, row.Department]).OfType<string>()),
            At(row.CreatedAt), row.ExpiresAt is { } at ? At(at) : null, isOver, keyring.UsedAt(row.Key) is { } used ? At(used) : null);
    }

    private static Instant At(long ms) => Instant.FromUnixTimeMilliseconds(ms);
}

/// <summary>What the page of keys shows.</summary>
/// <param name="Key">The one that was just made; shown this once.</param>
public sealed record KeysModel(IReadOnlyList<ShownKey> Keys, IReadOnlyList<KeyRole> Roles, string? Key);

/// <summary>A key, without what is secret.</summary>
public sealed record ShownKey(string Id, string Name, string Role, string Share, Instant CreatedAt, Instant? ExpiresAt, bool IsOver, Instant? UsedAt);

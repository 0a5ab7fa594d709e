using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Minutebook.Core;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Events that came in, are kept and do not count, by account and reason (rule 1.5).</summary>
internal static class SetAsidePage
{
    private const int EventsAPage = 50;

    public static IResult Show(Visit visit)
    {
        using Store.Reader read = visit.Call.Engine.Store.Read();
        (string? account, string? reason) = (visit.Query("of"), visit.Query("reason"));
        (string, long, UInt128)? after = visit.Query("after") is { } cursor && Cursor.Read(cursor, 3) is [{ } whose, var at, var id]
            && Cursor.Instant(at) is { } ms && UInt128.TryParse(id, NumberStyles.HexNumber, null, out UInt128 identity)
            ? (whose, ms, identity) : null;
        // No account is asked for by a dash: an empty parameter is none.
        List<KeptRow> rows = read.Kept(account == "-" ? "" : account, after, EventsAPage + 1, reason);
        KeptRow last = rows.Count > EventsAPage ? rows[EventsAPage - 1] : default;
        return ConsolePages.Show<SetAsideSheet>(visit, new SetAsideModel(
            [
                .. read.KeptCounts(null).Select(kept => new ShownKept(
                    kept.Account.Length > 0 ? kept.Account : visit.Texts["aside.no-account"], visit.Texts.Find("aside." + kept.Reason) ?? kept.Reason,
                    visit.Show.Number(kept.Count), $"/operations/set-aside?of={(kept.Account.Length > 0 ? Uri.EscapeDataString(kept.Account) : "-")}&reason={kept.Reason}")),
            ],
            [.. rows.Take(EventsAPage).Select(row => Shown(visit, row))],
            rows.Count > EventsAPage ? visit.With(("after", Cursor.Of(last.Account, last.ReceivedAt.ToString(CultureInfo.InvariantCulture), last.Identity.ToString("x32")))) : null,
            after is null ? null : visit.With(("after", null)))
        {
            Accounts = [.. read.KeptCounts(null).Where(kept => kept.Account.Length > 0).Select(kept => kept.Account).Distinct()],
        });
    }

    /// <summary>Tries what an account set aside again, as the API does: what counts by now is taken, the rest stays.</summary>
    public static async Task<IResult> ReapplyAsync(Visit visit, IReadOnlyDictionary<string, StringValues> form)
    {
        string account = form.GetValueOrDefault("account").ToString();
        using (Store.Reader read = visit.Call.Engine.Store.Read())
        {
            if (visit.Call.Account(read, account) is null)
            {
                return ConsolePages.NotFound(visit);
            }
        }

        int tried = await visit.Call.Engine.ReapplyAsync(account, visit.Call.Caller.AskerFrom(visit.Call.Http));
        visit.Said = visit.Texts.Count("reapplied", tried, visit.Show.Number(tried));
        return Show(visit);
    }

    private static ShownEvent Shown(Visit visit, KeptRow kept)
    {
        var arrived = new ArrivedView(
            JsonSerializer.Deserialize<JsonElement>(kept.Event), null, "applied", Instant.FromUnixTimeMilliseconds(kept.ReceivedAt), null, null, null, null, null);
        return ClassEventsPage.Shown(visit, arrived) with
        {
            Tone = "warning",
            Via = kept.Account.Length > 0 ? kept.Account : "–",
            State = visit.Texts.Of("event.set-aside", visit.Texts.Find("aside." + kept.Reason) ?? kept.Reason ?? ""),
        };
    }
}

/// <summary>What was set aside: how much of it, and the events themselves.</summary>
public sealed record SetAsideModel(IReadOnlyList<ShownKept> Counts, IReadOnlyList<ShownEvent> Events, string? Later, string? First)
{
    /// <summary>Whose events can be tried again.</summary>
    public IReadOnlyList<string> Accounts { get; init; } = [];
}

/// <summary>How many events of an account for a reason.</summary>
public sealed record ShownKept(string Account, string Reason, string Count, string Link);

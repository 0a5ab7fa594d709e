using System.Text.Encodings.Web;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The events of a class, in the order in which they came, and what became of each.</summary>
internal static class ClassEventsPage
{
    private const int EventsAPage = 50;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Map(ConsolePages pages) => pages.Get("/classes/{application}/{class}/events", Show);

    private static IResult Show(Visit visit, Store.Reader read)
    {
        (string application, string id) = (visit.Call.Path("application"), visit.Call.EventsPath("class"));
        AccountState account = visit.Account!;
        if (visit.Call.Refusal is not null || account.Application(application) is null
            || read.Page(account.Id, application, PageKind.Class, id) is not { } row)
        {
            return ConsolePages.NotFound(visit);
        }

        PageHistory page = PageHistory.Of(read.Chunks(account.Id, row.Page));
        string? user = visit.Query("user");
        int[] all = [.. Enumerable.Range(0, page.Count).Where(at => user is null || page.UserOf(at) == user)];
        int skip = Math.Min(visit.Whole("skip") ?? 0, all.Length);
        IReadOnlyList<ArrivedView> shown = new PageEvents(visit.Call.Engine, read, account.Id)
            .Views([.. all.Skip(skip).Take(EventsAPage).Select(at => new PageEventRef(page, at, id))]);
        return ConsolePages.Show<EventsSheet>(visit, new EventsModel(
            read.ClassRow(account.Id, row.Page)?.Name ?? id, visit.ToClass(application, id), user, visit.Show.Number(all.Length),
            [.. shown.Select(one => Shown(visit, one))])
        {
            Earlier = skip > 0 ? visit.With(("skip", skip > EventsAPage ? $"{skip - EventsAPage}" : null)) : null,
            Later = all.Length > skip + EventsAPage ? visit.With(("skip", $"{skip + EventsAPage}")) : null,
        });
    }

    public static ShownEvent Shown(Visit visit, ArrivedView one)
    {
        string? Text(string name) => one.Event is { } json && json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        JsonElement? data = one.Event is { } root && root.TryGetProperty("data", out JsonElement its) ? its : null;
        string user = data is { } known && known.TryGetProperty("user", out JsonElement who) ? who.GetString() ?? "" : "";
        string what = visit.Texts["event-state." + one.State];
        if (one.VoidedBy is { } by)
        {
            what += visit.Texts["and-then"] + visit.Texts.Of("event.voided-by", by.Event.GetProperty("id").GetString(), visit.Show.FullMoment(by.ReceivedAt));
        }

        if (one.Duplicates is { } repeated)
        {
            what += visit.Texts["and-then"] + visit.Texts.Count("event.repeated", repeated.Count, visit.Show.Number(repeated.Count));
            what += repeated.Conflicts > 0 ? visit.Texts["and-then"] + visit.Texts.Of("event.conflicts", visit.Show.Number(repeated.Conflicts)) : "";
        }

        return new ShownEvent(
            Text("type") is { } type ? visit.Texts.Find("event." + type) ?? type : "–", Text("id") ?? "–", Text("source") ?? "", user,
            Moments.TryInstant(Text("time") ?? "", out Instant at) ? at : null, one.ReceivedAt, one.State == "applied" ? "" : "warning", what,
            one.Via is null ? "–" : one.Key is { } key ? $"{one.Via}, {key}" : one.Via, one.Event is { } all ? JsonSerializer.Serialize(all, Indented) : "");
    }
}

/// <summary>A class's events.</summary>
public sealed record EventsModel(string Class, string Link, string? User, string Count, IReadOnlyList<ShownEvent> Events)
{
    public string? Earlier { get; init; }
    public string? Later { get; init; }
}

/// <summary>An event and what became of it.</summary>
public sealed record ShownEvent(
    string Type, string Id, string Source, string User, Instant? At, Instant? ReceivedAt, string Tone, string State, string Via, string Json);

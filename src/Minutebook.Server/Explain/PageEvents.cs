using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Metering;
using Minutebook.Engine;
using NodaTime;

namespace Minutebook.Server;

/// <summary>An event that a figure came from, and what became of it.</summary>
/// <param name="State"><c>applied</c>; <c>voided</c> (rule 1.6); <c>ahead</c>, whose time has not come (rule 1.5).</param>
/// <param name="ReceivedAt">When it arrived.</param>
/// <param name="Via">What brought it: <c>http</c>, a connector, or <c>reapply</c>.</param>
/// <param name="Key">The id of the key that posted it; null where it came another way.</param>
/// <param name="Position">Where the journal has it: its group's position in the account's shard.</param>
/// <param name="VoidedBy">The void that took it out.</param>
/// <param name="Duplicates">How often it came again, without effect (rule 1.3), and how the first of them came.</param>
internal sealed record ArrivedView(
    JsonElement? Event, string? ClassId, string State, Instant? ReceivedAt, string? Via, string? Key, long? Position,
    VoidView? VoidedBy, RepeatsView? Duplicates);

/// <summary>A void that took effect.</summary>
internal sealed record VoidView(JsonElement Event, Instant ReceivedAt, string Via, string? Key, long Position);

/// <summary>Repetitions of an event.</summary>
internal sealed record RepeatsView(int Count, int Conflicts, IReadOnlyList<RepeatView> Items);

/// <summary>A repetition of an event; a conflict says something else than the first.</summary>
internal sealed record RepeatView(Instant ReceivedAt, string Via, string? Key, long Position, bool Conflict, JsonElement? Event);

/// <summary>An event of a page that is to be shown.</summary>
internal readonly record struct PageEventRef(PageHistory Page, int Index, string? Class);

/// <summary>Shows events of pages as they came, from the journal. The one place that does, for usage and for bills.</summary>
internal sealed class PageEvents(Engine.Engine engine, Store.Reader read, string account)
{
    private const int MostRepeats = 10;

    private readonly List<PageHistory> voids = [];
    private bool voidsRead;

    /// <summary>The events, in the order given.</summary>
    public IReadOnlyList<ArrivedView> Views(IReadOnlyList<PageEventRef> events)
    {
        var takenOut = new Dictionary<UInt128, PageEvent>();
        var wanted = new List<(long, UInt128)>();
        foreach (PageEventRef one in events)
        {
            PageEvent its = one.Page[one.Index];
            wanted.Add((its.Position, its.Identity));
            wanted.AddRange(one.Page.RepeatsOf(one.Index).Take(MostRepeats).Select(repeat => (repeat.Position, its.Identity)));
            if (its.Voided && VoidOf(its.Identity) is { } by)
            {
                takenOut[its.Identity] = by;
                wanted.Add((by.Position, by.Identity));
            }
        }

        var arrivals = Arrivals.Find(engine.Store, account, wanted.Distinct());
        return [.. events.Select(one => View(one, arrivals, takenOut))];
    }

    private ArrivedView View(
        PageEventRef one, ILookup<(long, UInt128), Arrival> arrivals, Dictionary<UInt128, PageEvent> takenOut)
    {
        PageEvent its = one.Page[one.Index];
        Arrival? arrival = arrivals[(its.Position, its.Identity)].FirstOrDefault();
        string state = its.Voided ? "voided" : its.Time > engine.Now.ToUnixTimeMilliseconds() ? "ahead" : "applied";
        VoidView? voidedBy = takenOut.TryGetValue(its.Identity, out PageEvent by) && arrivals[(by.Position, by.Identity)].FirstOrDefault() is { } voided
            ? new VoidView(Json(voided.Event), At(voided.Time), ViaOf(voided), KeyOf(voided), voided.Position)
            : null;
        return new ArrivedView(
            arrival is null ? null : Json(arrival.Event), one.Class, state, arrival is null ? null : At(arrival.Time),
            arrival is null ? null : ViaOf(arrival), arrival is null ? null : KeyOf(arrival), arrival?.Position, voidedBy, RepeatsOf(one, its, arrivals));
    }

    private static RepeatsView? RepeatsOf(PageEventRef one, in PageEvent its, ILookup<(long, UInt128), Arrival> arrivals)
    {
        IReadOnlyList<PageRepeat> repeats = one.Page.RepeatsOf(one.Index);
        if (repeats.Count == 0)
        {
            return null;
        }

        // Of several in one group, the first is the event itself where that came with the same group.
        var used = new Dictionary<long, int> { [its.Position] = 1 };
        var views = new List<RepeatView>();
        foreach (PageRepeat repeat in repeats.Take(MostRepeats))
        {
            int at = used.GetValueOrDefault(repeat.Position);
            used[repeat.Position] = at + 1;
            if (arrivals[(repeat.Position, its.Identity)].ElementAtOrDefault(at) is { } arrival)
            {
                views.Add(new RepeatView(
                    At(arrival.Time), ViaOf(arrival), KeyOf(arrival), arrival.Position, repeat.Conflict, repeat.Conflict ? Json(arrival.Event) : null));
            }
        }

        return new RepeatsView(repeats.Count, repeats.Count(repeat => repeat.Conflict), views);
    }

    /// <summary>The void that took an event out: of several the earliest in time, then arrival. Voids are few, and their pages one a day.</summary>
    private PageEvent? VoidOf(UInt128 target)
    {
        if (!voidsRead)
        {
            voidsRead = true;
            voids.AddRange(read.PagesOf(account, PageKind.Voids).Select(page => PageHistory.Of(read.Chunks(account, page.Page))));
        }

        PageEvent[] found = [.. voids.SelectMany(page => page.VoidsOf(target).Select(index => page[index])).OrderBy(by => by.Time).ThenBy(by => by.Position)];
        return found.Length == 0 ? null : found[0];
    }

    // A key's id stands behind a colon.
    private static string ViaOf(Arrival arrival) => arrival.Origin.Split(':', 2)[0];

    private static string? KeyOf(Arrival arrival) => arrival.Origin.Split(':', 2) is [_, var key] ? key : null;

    private static JsonElement Json(byte[] json) => JsonSerializer.Deserialize<JsonElement>(json);

    private static Instant At(long ms) => Instant.FromUnixTimeMilliseconds(ms);
}

using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Engine;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Why a line of a bill is what it is: rule, arithmetic, usage records, events.</summary>
internal static class ExplainRoutes
{
    private const string Canonical =
        "The events that count, by time, source and id, each as the line of JSON in its field canonical and a line feed: SHA-256 over all of them.";

    public static void Map(Routes routes)
    {
        var recent = new RecentExplanations();
        routes.Get(
            "/v1/bills/{number}/lines/{line}/explain",
            new Doc("explainLine", "A bill's line back to its events: rate and rules, each step of its arithmetic, the usage records, and the events they came from.")
            {
                Gives = typeof(ExplainView),
                Query = [.. Doc.Paging, ("records", "What the page before gave as next of its records.")],
            },
            call => Get(call, recent));
    }

    private sealed record ExplainView(
        string Bill, int Line, string Account, string Kind, LocalDate PeriodStart, LocalDate PeriodEnd, Instant IssuedAt, AdjustsView? Adjusts, string Currency,
        RuleView Rule, JsonElement BillLine, IReadOnlyList<ExplainStep> Steps, bool Agrees, RecordsView Records, EventsView Events);

    private sealed record AdjustsView(string Kind, LocalDate PeriodStart);

    private sealed record RuleView(string Card, LocalDate CardEffectiveFrom, string Rate, string Usage, string Price, string Scope, string RoundUp, string? Source);

    private sealed record RecordsView(long Count, IReadOnlyList<RecordView> Items, string? Next);

    private sealed record RecordView(
        string Application, string? Class, string? ClassName, Instant? Start, Instant? End, Int128 Quantity, string Units, string? FreeUnits,
        IReadOnlyList<PackageUnitsView>? Packages, string? PayAsYouGoUnits, string? UncoveredUnits, IReadOnlyList<DayView>? Days);

    private sealed record DayView(LocalDate Day, Int128 Quantity);

    private sealed record PackageUnitsView(string Package, string Units);

    private sealed record EventsView(long Count, string Digest, string DigestOf, IReadOnlyList<EventView> Items, string? Next);

    private sealed record EventView(string Id, string Source, string Type, Instant Time, string? Subject, string? User, Instant ReceivedAt, string Canonical);

    private static IResult Get(Call call, RecentExplanations recent)
    {
        (string number, string lineText) = (call.Path("number"), call.Path("line"));
        int limit = call.Limit();
        (int events, int records) = (Place(call, "cursor"), Place(call, "records"));
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        if (read.Bill(number) is not { } row)
        {
            return Problem.NotFound($"bill {number}");
        }

        Bill bill = BillRoutes.Read(row);
        if (!int.TryParse(lineText, System.Globalization.NumberStyles.None, null, out int at) || at < 1 || at > bill.Lines.Count)
        {
            return Problem.NotFound($"line {lineText} of bill {number}, which has {bill.Lines.Count}");
        }

        AccountState account = read.State(bill.Account)!;
        return Answer.Json(recent.With(
            (number, at), () => Explanation.Of(call.Engine, read, account, bill, bill.Lines[at - 1]),
            explanation => View(read, bill, at, explanation, (events, records), limit)));
    }

    private static int Place(Call call, string name)
    {
        if (call.Query(name) is not { } text)
        {
            return 0;
        }

        if (Cursor.Read(text, 1) is [var place] && Cursor.Place(place) is { } first)
        {
            return first;
        }

        call.RefuseCursor(name);
        return 0;
    }

    private static ExplainView View(Store.Reader read, Bill bill, int number, Explanation its, (int Events, int Records) from, int limit)
    {
        BillLine line = bill.Lines[number - 1];
        bool adjusts = line.Adjusts is not null;
        List<(string, int, BillLine)> before = adjusts ? Before(read, bill, line) : [];
        IEnumerable<ExplainStep> steps = adjusts
            ? ExplainSteps.OfAdjustment(line, before, bill.Currency.Code)
            : ExplainSteps.Of(line, bill.Currency.Code);
        Int128 units = before.Aggregate(line.Units, (sum, one) => sum + one.Item3.Units);
        Int128 quantity = before.Aggregate(line.Quantity, (sum, one) => sum + one.Item3.Quantity);
        List<RecordView> records = [.. Records(its.Line, adjusts)];
        return new ExplainView(
            bill.Number, number, bill.Account, bill.Period.BillKind, bill.Period.Start, bill.Period.End, bill.IssuedAt,
            line.Adjusts is { } period ? new AdjustsView(period.BillKind, period.Start) : null, bill.Currency.Code,
            new RuleView(
                its.Line.Card.Card, its.Line.Card.EffectiveFrom, line.Rate.Id, Figures.UsageOf(line.Rate), Figures.PriceOf(line.Rate),
                Fields.Spelling(line.Rate.Scope), Fields.Spelling(line.Rate.RoundUp), line.Rate.Source),
            JsonSerializer.Deserialize<JsonElement>(BillJson.ToJson(bill)).GetProperty("lines")[number - 1], [.. steps],
            its.Line.Units == units && its.Line.Quantity == quantity,
            new RecordsView(records.Count, [.. records.Skip(from.Records).Take(limit)], Next(from.Records, limit, records.Count)),
            new EventsView(
                its.Events.Count, its.Events.Digest, Canonical, [.. its.Events.Some(from.Events, limit).Select(View)], Next(from.Events, limit, its.Events.Count)));
    }

    private static string? Next(int from, int limit, int count) => count - from > limit ? Cursor.Of((from + limit).ToString()) : null;

    /// <summary>What was billed for the same line and period before, by the period's own bill and adjustments since.</summary>
    public static List<(string Bill, int Number, BillLine Line)> Before(Store.Reader read, Bill bill, BillLine line)
    {
        var before = new List<(string, int, BillLine)>();
        foreach (Bill earlier in read.Bills(bill.Account, null, JsonText.Of(line.Adjusts!.Value.Start), null, null, int.MaxValue).Select(row => BillRoutes.Read(row)))
        {
            for (int i = 0; i < earlier.Lines.Count && earlier.IssuedAt < bill.IssuedAt; i++)
            {
                BillLine its = earlier.Lines[i];
                if ((its.Adjusts ?? earlier.Period) == line.Adjusts && its.Application == line.Application && its.Rate.Id == line.Rate.Id)
                {
                    before.Add((earlier.Number, i + 1, its));
                }
            }
        }

        return before;
    }

    /// <summary>
    /// Classes as they were settled, usage without a class by application with the days that it is made of; of an adjustment what the period
    /// has now, whose units are not parted again. Their quantities and units sum to the line's.
    /// </summary>
    private static IEnumerable<RecordView> Records(ExplainedLine line, bool adjusts)
    {
        ILookup<string, DayView> days = line.Days.ToLookup(its => its.Application, its => new DayView(its.Day, its.Quantity));
        foreach (ClassShare share in line.Shares)
        {
            yield return new RecordView(
                share.Application, share.Class?.Id, share.Class is { } key ? line.Names.GetValueOrDefault(key) : null, At(share.Class?.Start), At(share.Class?.End),
                share.Quantity, share.Units.ToString(), adjusts ? null : share.FreeUnits.ToString(),
                adjusts ? null : [.. share.Packages.Select(package => new PackageUnitsView(package.Package, package.Units.ToString()))],
                adjusts ? null : share.PayAsYouGoUnits.ToString(), adjusts ? null : share.UncoveredUnits.ToString(),
                share.Class is null ? [.. days[share.Application]] : null);
        }
    }

    private static Instant? At(long? ms) => ms is { } at ? Instant.FromUnixTimeMilliseconds(at) : null;

    private static EventView View(TracedEvent its)
    {
        using var json = JsonDocument.Parse(its.Json);
        JsonElement root = json.RootElement;
        return new EventView(
            its.Id, its.Source, root.GetProperty("type").GetString()!, Instant.FromUnixTimeMilliseconds(its.Time),
            root.TryGetProperty("subject", out JsonElement subject) ? subject.GetString() : null, its.User, Instant.FromUnixTimeMilliseconds(its.ReceivedAt),
            Encoding.UTF8.GetString(its.Json));
    }
}

using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>An account's figures at a moment: what today used so far, who is there, what came in.</summary>
internal sealed record LiveFigures(Instant At, string Json, string Unchanging)
{
    /// <summary>Null when there is no such account any more.</summary>
    public static LiveFigures? Of(Store.Reader read, string id, Instant now)
    {
        if (read.State(id) is not { } account)
        {
            return null;
        }

        var calendar = new Calendar(account.TimeZone);
        LocalDate today = calendar.DateOf(now);
        var range = new Range(Instant.FromUnixTimeSeconds(calendar.StartOf(today)), Instant.FromUnixTimeSeconds(calendar.StartOf(today.PlusDays(1))));
        List<OpenRow> open = read.Open(id);
        var used = new SortedDictionary<string, Int128>(StringComparer.Ordinal);
        foreach (Meter meter in Meter.All)
        {
            var query = new UsageQuery(meter, range, Granularity.Total, [], calendar);
            foreach (UsageFigure figure in query.Figures(
                HourRows.Of(read, account, query, application: null, now.ToUnixTimeSeconds()), open.Where(row => row.Meter == meter.Name), now.ToUnixTimeSeconds()))
            {
                used[meter.Name] = figure.Quantity;
            }
        }

        var view = new View(
            id, now, today, used, open.Where(row => row.Meter == Meter.Av.Name).Sum(row => row.Count), account.Balance, account.Currency,
            CountersView.Of(account.Counters));
        string unchanging = JsonSerializer.Serialize(view with { At = default }, JsonText.Options);
        return new LiveFigures(now, JsonSerializer.Serialize(view, JsonText.Options), unchanging);
    }

    /// <summary>Whether they are these, whatever the time.</summary>
    public bool IsSame(LiveFigures other) => Unchanging == other.Unchanging;

    private sealed record View(
        string Account, Instant At, LocalDate Day, IReadOnlyDictionary<string, Int128> Today, long Present, string Balance, string Currency,
        CountersView Counters);
}

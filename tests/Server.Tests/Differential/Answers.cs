using System.Globalization;
using System.Text.Json;
using Minutebook.Reference;
using DeliveredInMonth = Minutebook.Reference.CloudUsage;

namespace Minutebook.Server.Tests.Differential;

/// <summary>Asks everything that can be asked of an account, and says where the answers are not what the reference has.</summary>
internal sealed class Answers(Served served, ReferenceHistory history, long nowMs, Random chance)
{
    private readonly Expected expected = new(history, nowMs);
    private readonly Grid grid = new(history.Account.TimeZone);
    private readonly List<string> wrong = [];

    private static string Account => HttpDesk.Account;

    /// <summary>Lines that say what is wrong; none if all is right.</summary>
    /// <param name="all">Every question of usage, or a few of them.</param>
    public async Task<IReadOnlyList<string>> CheckAsync(bool all)
    {
        foreach (UsageQuestion question in Questions().Where(_ => all || chance.Next(8) == 0))
        {
            Compare(question.Path(Account), question.Expected(expected, grid), (await ItemsAsync(question.Path(Account))).Select(question.Line));
        }

        await CheckDetailsAsync();
        await CheckClassesAsync();
        await CheckCloudUsageAsync();
        await CheckKeptAsync();
        await CheckCountersAsync();
        return wrong;
    }

    private IEnumerable<UsageQuestion> Questions()
    {
        string[] wide = [ReferenceEvent.Rfc3339(FirstMs), ReferenceEvent.Rfc3339(nowMs + (2 * 86_400_000))];
        long from = chance.NextInt64(FirstMs, nowMs), to = chance.NextInt64(from + 1, nowMs + 86_400_000);
        string[] narrow = [ReferenceEvent.Rfc3339(from), ReferenceEvent.Rfc3339(to)];
        string[] days = [Date(FirstMs), Date(nowMs + (2 * 86_400_000))];
        return
            from meter in UsageQuestion.Metered
            from granularity in UsageQuestion.Granularities
            from groupBy in (string[][])[[], ["application"], meter.Dimensions, ["application", .. meter.Dimensions], [.. meter.Dimensions.Take(2)]]
            from range in (string[][])[wide, narrow, days]
            let application = chance.Next(6) == 0 ? history.Applications[chance.Next(history.Applications.Count)].Id : null
            select new UsageQuestion(meter.Meter, granularity, groupBy, application, range[0], range[1]);
    }

    /// <summary>No event that counts is older.</summary>
    private long FirstMs => history.Arrivals[0].AtMs - (50L * 86_400_000);

    private string Date(long ms) => grid.DateOf(ms / 1000).ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);

    private async Task CheckDetailsAsync()
    {
        JsonElement[] rows = await ItemsAsync(
            $"/v1/accounts/{Account}/usage/details?from={ReferenceEvent.Rfc3339(FirstMs)}&to={ReferenceEvent.Rfc3339(nowMs + 1)}&usageType=interactive");
        Compare("details", expected.Rows.Select(Line).Order(StringComparer.Ordinal), rows.Select(RowLine).Order(StringComparer.Ordinal));
        JsonElement[] viewings = await ItemsAsync(
            $"/v1/accounts/{Account}/usage/details?from={ReferenceEvent.Rfc3339(FirstMs)}&to={ReferenceEvent.Rfc3339(nowMs + 1)}&usageType=playback");
        Compare("viewings", expected.PlaybackRows.Select(Line).Order(StringComparer.Ordinal), viewings.Select(RowLine).Order(StringComparer.Ordinal));
        // Where start and class are the same, applications may stand in any order.
        (long, string)[] order = [.. rows.Select(row => (Ms(row, "start")!.Value, row.GetProperty("classId").GetString()!))];
        Compare("details' order", order.OrderBy(key => key.Item1).ThenBy(key => key.Item2, StringComparer.Ordinal).Select(key => $"{key}"), order.Select(key => $"{key}"));
    }

    private static string Line(DetailsRow row) =>
        $"{row.Application} {row.Class} ({row.ClassName ?? "null"}) {row.StartMs} {row.EndMs} {row.EndedBy ?? "null"} {row.UserCount} {row.Seconds} {(row.Seconds + 59) / 60}";

    private static string RowLine(JsonElement row) =>
        $"{Text(row, "application")} {Text(row, "classId")} ({Text(row, "className")}) {Ms(row, "start")} {Ms(row, "end")} {Text(row, "endedBy")} "
        + $"{row.GetProperty("userCount").GetInt32()} {row.GetProperty("seconds").GetRawText()} {Text(row, "minutes")}";

    private async Task CheckClassesAsync()
    {
        var known = history.Arrivals.Select(arrival => arrival.Event).OfType<ReferenceEvent>()
            .Where(e => e.Subject is not null && (e.Type.StartsWith("class.", StringComparison.Ordinal) || e.Type.StartsWith("participant.", StringComparison.Ordinal)))
            .Select(e => (e.Application, e.Subject!)).Distinct();
        foreach ((string application, string id) in known)
        {
            using HttpResponseMessage response =
                await served.Client.GetAsync($"/v1/accounts/{Account}/classes/{Uri.EscapeDataString(application)}/{Uri.EscapeDataString(id)}");
            string got = response.IsSuccessStatusCode
                ? Line(JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()))
                : $"{(int)response.StatusCode}";
            string wanted = expected.Views.TryGetValue((application, id), out ClassView? view) ? Line(view) : "404";
            Compare($"class {application} {id}", [wanted], [got]);
        }
    }

    private static string Line(ClassView view) =>
        $"{view.StartMs} {view.EndMs} {view.IsRunning} {view.UserCount}: " + string.Join("; ", view.Participants.Select(user =>
            $"{user.User} {user.Role ?? "null"} {user.Seconds} "
            + string.Join(", ", user.Stays.Select(stay => $"{stay.FromMs} {stay.ToMs} '{stay.Connection}' {stay.Medium}"))));

    private static string Line(JsonElement view) =>
        $"{Ms(view, "start")} {Ms(view, "end")} {view.GetProperty("running").GetBoolean()} {view.GetProperty("userCount").GetInt32()}: "
        + string.Join("; ", view.GetProperty("participants").EnumerateArray().Select(user =>
            $"{Text(user, "user")} {Text(user, "role")} {user.GetProperty("seconds").GetInt64()} "
            + string.Join(", ", user.GetProperty("stays").EnumerateArray().Select(stay =>
                $"{Ms(stay, "from")} {Ms(stay, "to")} '{Text(stay, "connection")}' {Text(stay, "medium")}"))));

    private async Task CheckCloudUsageAsync()
    {
        string[] organizations = [.. Distinct(e => e.Organization, s => s.Organization)];
        string[] departments = [.. Distinct(e => e.Department, s => s.Department)];
        await CheckCloudUsageAsync(null, null);
        foreach (string organization in organizations)
        {
            await CheckCloudUsageAsync(organization, null);
            await CheckCloudUsageAsync(organization, departments.Length == 0 ? null : departments[chance.Next(departments.Length)]);
        }

        foreach (string department in departments)
        {
            await CheckCloudUsageAsync(null, department);
        }
    }

    private IEnumerable<string> Distinct(Func<ReferenceEvent, string?> ofEvent, Func<SectionAt, string?> ofSection) =>
        history.Arrivals.Select(arrival => arrival.Event is { } e ? ofEvent(e) : null).Concat(history.Sections.Select(ofSection))
            .Where(value => !string.IsNullOrEmpty(value)).Select(value => value!).Distinct();

    private async Task CheckCloudUsageAsync(string? organization, string? department)
    {
        string path = $"/v1/accounts/{Account}/cloud-usage?from={expected.MonthOf(FirstMs)}&to={expected.MonthOf(nowMs + 86_400_000)}"
            + (organization is null ? "" : $"&organization={Uri.EscapeDataString(organization)}")
            + (department is null ? "" : $"&department={Uri.EscapeDataString(department)}");
        JsonElement chart = await served.GetAsync(path);
        DeliveredInMonth[] wanted = [.. expected.CloudUsage(organization, department)];
        JsonElement[] months = [.. chart.GetProperty("months").EnumerateArray()];
        Compare(
            path, wanted.Select(its => $"{its.Month} {its.DataType} {its.Bytes} {its.DownloadBytes} {Hours(its.Hours)}").Order(StringComparer.Ordinal),
            months.SelectMany(month => month.GetProperty("dataTypes").EnumerateArray().Select(type =>
                $"{Text(month, "month")} {Text(type, "dataType")} {type.GetProperty("bytes").GetRawText()} {type.GetProperty("downloadBytes").GetRawText()} {Text(type, "hours")}"))
            .Order(StringComparer.Ordinal));
        // A month's hours come from its bytes, not from its types' hours (rule 9.3).
        Compare(
            path + " hours",
            months.Select(month => Text(month, "month")).Select(month => $"{month} {Hours(expected.UsageHours(
                wanted.Where(its => its.Month == month).Aggregate(System.Numerics.BigInteger.Zero, (sum, its) => sum + its.Bytes)))}"),
            months.Select(month => $"{Text(month, "month")} {Text(month, "hours")}"));
    }

    private async Task CheckKeptAsync()
    {
        JsonElement[] all = await ItemsAsync("/v1/events/rejected?");
        Compare(
            "kept", expected.Kept.Select(kept =>
                $"{kept.Event.Source} {kept.Event.Id} {(kept.HasAccount ? Account : "null")} {kept.Reason} {kept.FirstArrivalMs}")
                .Order(StringComparer.Ordinal),
            all.Select(Line).Order(StringComparer.Ordinal));
        JsonElement[] its = await ItemsAsync($"/v1/events/rejected?account={Account}&");
        Compare("the account's kept", all.Where(item => Text(item, "account") == Account).Select(Line), its.Select(Line));

        static string Line(JsonElement item) =>
            $"{Text(item.GetProperty("event"), "source")} {Text(item.GetProperty("event"), "id")} {Text(item, "account")} {Text(item, "reason")} {Ms(item, "receivedAt")}";
    }

    private async Task CheckCountersAsync()
    {
        JsonElement counters = (await served.GetAsync($"/v1/accounts/{Account}")).GetProperty("counters");
        Compare(
            "counters", [$"{expected.Duplicates} duplicates, {expected.Conflicts} conflicts"],
            [$"{counters.GetProperty("duplicates").GetInt64()} duplicates, {counters.GetProperty("conflicts").GetInt64()} conflicts"]);
    }

    /// <summary>A list, page by page; pages are of any size.</summary>
    private async Task<JsonElement[]> ItemsAsync(string path)
    {
        List<JsonElement> items = [];
        string cursor = "";
        do
        {
            int limit = chance.Next(3) == 0 ? chance.Next(5, 60) : 1000;
            JsonElement page = await served.GetAsync($"{path}{(path.EndsWith('?') || path.EndsWith('&') ? "" : "&")}limit={limit}{cursor}");
            items.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("next").GetString() is { } next ? "&cursor=" + Uri.EscapeDataString(next) : "";
        }
        while (cursor.Length > 0);
        return [.. items];
    }

    private void Compare(string what, IEnumerable<string> wanted, IEnumerable<string> got)
    {
        string[] left = [.. wanted], right = [.. got];
        if (left.SequenceEqual(right))
        {
            return;
        }

        wrong.Add(what);
        wrong.AddRange(left.Except(right).Take(5).Select(line => $"  expected {line}"));
        wrong.AddRange(right.Except(left).Take(5).Select(line => $"  but have {line}"));
        if (left.Order(StringComparer.Ordinal).SequenceEqual(right.Order(StringComparer.Ordinal)))
        {
            wrong.Add("  in another order");
        }
    }

    private static string Hours(decimal hours) => hours.ToString("0.000000", CultureInfo.InvariantCulture);

    private static string Text(JsonElement item, string name) => item.GetProperty(name).GetString() ?? "null";

    private static long? Ms(JsonElement item, string name) =>
        item.GetProperty(name).GetString() is { } instant ? UsageQuestion.MsOf(instant) : null;
}

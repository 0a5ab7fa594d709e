using System.Globalization;
using System.Text.Json;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A record of the audit in the reader's words. Records have the API's; a field for which there are no others is called as it is there.</summary>
internal sealed class AuditText(Visit visit)
{
    private readonly AccountState account = visit.Account!;
    private readonly Texts texts = visit.Texts;

    /// <summary>What was asked for, field by field.</summary>
    public IEnumerable<string> Request(JsonElement request) =>
        request.EnumerateObject().Select(field => texts.Of("audit.field", NameOf(field.Name), ValueOf(field.Name, field.Value)));

    /// <summary>What became another thing by it. Of what was made just then, what was asked for says it all.</summary>
    public IEnumerable<string> Changes(JsonElement before, JsonElement after)
    {
        if (before.ValueKind != JsonValueKind.Object || after.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        return after.EnumerateObject().Select(field => texts.Of(
            "audit.change", NameOf(field.Name), before.TryGetProperty(field.Name, out JsonElement was) ? ValueOf(field.Name, was) : "–",
            ValueOf(field.Name, field.Value)));
    }

    private string NameOf(string field) => texts.Find("field." + field) ?? field;

    private string ValueOf(string field, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "–",
        JsonValueKind.True or JsonValueKind.False => texts[value.GetBoolean() ? "field.true" : "field.false"],
        JsonValueKind.Number when value.TryGetInt64(out long number) => NumberOf(field, number),
        JsonValueKind.String => WordOf(field, value.GetString()!),
        JsonValueKind.Array => ListOf(field, value),
        JsonValueKind.Object when value.TryGetProperty("standing", out JsonElement standing) => texts["standing." + standing.GetString()],
        _ => value.GetRawText(),
    };

    private string ListOf(string field, JsonElement list) => list.GetArrayLength() switch
    {
        0 => "–",
        int count when list[0].ValueKind == JsonValueKind.Object => visit.Show.Number(count),
        _ => string.Join(", ", list.EnumerateArray().Select(one => ValueOf(field, one))),
    };

    private string NumberOf(string field, long number) => field switch
    {
        "expiresAt" or "previousUntil" or "secretsUntil" => number == 0 ? "–" : visit.Show.FullMoment(Instant.FromUnixTimeMilliseconds(number)),
        "settleDelayMinutes" => $"{visit.Show.Number(number)} {texts["unit.min"]}",
        "graceHours" => texts.Of("terms.hours", visit.Show.Number(number)),
        "holdDays" or "lateDays" => texts.Count("validity.day", number, visit.Show.Number(number)),
        "usageHourBytes" => visit.Show.Quantity(number, "byte"),
        "thresholds" => $"{visit.Show.Number(number)} %",
        _ => visit.Show.Number(number),
    };

    private string WordOf(string field, string word) => field switch
    {
        "amount" or "creditLimit" or "balance" when decimal.TryParse(word, NumberStyles.Number, CultureInfo.InvariantCulture, out _) =>
            visit.Show.Money(word, account.Currency),
        "cause" => CauseText.Of(visit, word),
        "metering" => texts.Find("app.metering." + word) ?? word,
        "countBy" => texts.Find("app.count-by." + word) ?? word,
        "plan" => texts.Find("app.plan." + word.Replace("-", "", StringComparison.Ordinal)) ?? word,
        "defaultTier" => texts.Find("tier." + word) ?? word,
        "role" => texts.Find("role." + word) ?? word,
        "status" => texts.Find("release.status." + word) ?? word,
        "types" => texts.Find("alert." + word) ?? word,
        _ => word,
    };
}

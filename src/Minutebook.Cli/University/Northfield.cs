using System.Text.Json;
using NodaTime;

namespace Minutebook.Cli.University;

/// <summary>What Minutebook has to be told before the events come: prices, the account, its applications and sections, money.</summary>
internal static class Northfield
{
    public const string Account = "northfield";

    private const string RateCard = """
        {"currency": "USD", "packages": [], "rates": [
          {"id": "av-audio", "meter": "av", "where": {"tier": ["audio"]}, "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "0.20"},
          {"id": "av-hd", "meter": "av", "where": {"tier": ["hd"]}, "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "free": 20000, "price": "0.80"},
          {"id": "av-fhd", "meter": "av", "where": {"tier": ["fhd"]}, "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "1.80"},
          {"id": "av-2k-4k", "meter": "av", "where": {"tier": ["2k", "4k"]}, "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "4.20"},
          {"id": "whiteboard", "meter": "whiteboard", "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "1.50"},
          {"id": "recording-mixed", "meter": "recording", "where": {"kind": ["mixed"]}, "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "0"},
          {"id": "recording", "meter": "recording", "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "7.00"},
          {"id": "delivery", "meter": "delivery", "period": "day", "scope": "account", "unit": {"name": "GB", "size": 1000000000}, "roundUp": "period", "per": 1, "free": 100, "price": "0.035"}]}
        """;

    private static readonly Dictionary<string, string> Names = new()
    {
        ["lectures"] = "Lectures",
        ["tutorials"] = "Tutorials",
        ["exams"] = "Examinations",
        ["library"] = "Library study rooms",
    };

    public static async Task SetUpAsync(Client client, Term term, int events, CancellationToken stop)
    {
        LocalDate first = term.Dates.DateOf(0);
        Task Put(string path, string json) => client.SendJsonAsync(HttpMethod.Put, path, json, stop);

        // The first version of a card may begin in the past: a month is priced by the card of its first day.
        await Put($"/v1/rate-cards/{Account}/versions/{new LocalDate(first.Year, first.Month, 1):uuuu-MM-dd}", RateCard);
        await Put($"/v1/accounts/{Account}", Json(new
        {
            name = "Northfield University",
            currency = "USD",
            timeZone = Term.TimeZone,
            // A university pays by the term.
            creditLimit = "250000.00",
            rateCard = Account,
            settleDelayMinutes = 120,
            lateDays = 35,
        }));
        foreach ((string application, string name) in Names)
        {
            await Put($"/v1/accounts/{Account}/applications/{application}", Json(new { name }));
        }

        foreach (Section section in term.Campus.Sections)
        {
            string json = Json(new { course = section.Course, organization = section.Organization, department = section.Department });
            await Put($"/v1/accounts/{Account}/sections/{section.Id}", json);
        }

        string amount = $"{Math.Max(events / 100, 100)}.00";
        string topUp = Json(new { amount, currency = "USD", reference = "term-budget" });
        await client.SendJsonAsync(HttpMethod.Post, $"/v1/accounts/{Account}/topups", topUp, stop);
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value);
}

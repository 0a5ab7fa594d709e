using System.Buffers;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Rating;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Rate cards and their versions (section 4).</summary>
internal static class RateCardRoutes
{
    public static void Map(Routes routes)
    {
        routes.Put(
            "/v1/rate-cards/{card}/versions/{effectiveFrom}",
            new Doc("publishRateCard", "Publishes a version of a rate card, in force from a date. A published version never changes.")
            {
                Takes = typeof(CardBody),
                Gives = typeof(PublishedView),
                Statuses = [200, 201],
                Problems = [Code.Immutable],
            },
            PutAsync);
        routes.Get(
            "/v1/rate-cards/{card}",
            new Doc("getRateCard", "A rate card with all its versions, oldest first.") { Gives = typeof(CardView) },
            Get);
    }

    // The shapes are for the document alone; Core reads cards and says what is wrong with them.
    private sealed record CardView(string Card, VersionView[] Versions);

    private sealed record PublishedView(string Card, string EffectiveFrom, string Currency, RateBody[] Rates, PackageBody[] Packages);

    private sealed record VersionView(string EffectiveFrom, string Currency, RateBody[] Rates, PackageBody[] Packages);

    private sealed record CardBody(string Currency, RateBody[] Rates, PackageBody[]? Packages = null);

    private sealed record RateBody(
        string Id, string Meter, string Period, UnitBody Unit, string RoundUp, long Per, Dictionary<string, string[]>? Where = null,
        string? Scope = null, bool? WholeBlocks = null, long? Free = null, string? Price = null, string? Model = null, TierBody[]? Tiers = null,
        string? Source = null);

    private sealed record UnitBody(string Name, long Size);

    private sealed record TierBody([property: SentAsNull] long? UpTo, string Price);

    private sealed record PackageBody(
        string Sku, string Name, decimal Quantity, string Unit, CoverBody[] Covers, string Scope, string Validity, string Price);

    private sealed record CoverBody(string Rate, string Ratio);

    private static async Task<IResult> PutAsync(Call call, Fields fields)
    {
        string card = call.Path("card");
        if (!Moments.TryDate(call.Path("effectiveFrom"), out LocalDate effectiveFrom))
        {
            call.Fault("effectiveFrom", "This must be a date such as 2027-01-01.");
        }

        if (call.Refusal is not null)
        {
            return call.Refusal;
        }

        CardReading reading = RateCardJson.Read(new RateCardVersion(card, effectiveFrom), fields.Element);
        if (reading.Card is not { } read)
        {
            return Problem.Invalid([.. reading.Faults.Select(fault => new Fault(fault.Pointer, fault.Detail))]);
        }

        string date = JsonText.Of(effectiveFrom);
        if (await call.ExecuteAsync(new Command.PublishCard(card, date, RateCardJson.ToJson(read))) is not { } outcome)
        {
            return call.Refusal!;
        }

        using Store.Reader published = call.Engine.Store.Read();
        CardRow row = published.Versions(card).First(version => version.EffectiveFrom == date);
        return Written(outcome.Created ? 201 : 200, writer => WriteVersion(writer, row, withCard: true));
    }

    private static IResult Get(Call call)
    {
        string card = call.Path("card");
        using Store.Reader read = call.Engine.Store.Read();
        bool isIts = call.Caller.Account is not { } own || read.State(own)?.RateCard == card;
        CardRow[] versions = call.Refusal is null && isIts ? [.. read.Versions(card)] : [];
        if (versions.Length == 0)
        {
            return call.Refusal ?? Problem.NotFound($"rate card {card}");
        }

        return Written(200, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("card", card);
            writer.WriteStartArray("versions");
            foreach (CardRow version in versions.OrderBy(version => version.EffectiveFrom, StringComparer.Ordinal))
            {
                WriteVersion(writer, version, withCard: false);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static void WriteVersion(Utf8JsonWriter writer, CardRow version, bool withCard)
    {
        using var document = JsonDocument.Parse(version.Json);
        writer.WriteStartObject();
        if (withCard)
        {
            writer.WriteString("card", version.Card);
        }

        writer.WriteString("effectiveFrom", version.EffectiveFrom);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (property.Name is not ("card" or "effectiveFrom"))
            {
                property.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }

    private static RawJson Written(int status, Action<Utf8JsonWriter> write)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = JsonText.Options.Encoder }))
        {
            write(writer);
        }

        return new RawJson(json.WrittenMemory, status);
    }
}

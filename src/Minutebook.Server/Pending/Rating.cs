using System.Text.Json;
using NodaTime;

namespace Minutebook.Core.Rating;

/// <summary>Stands in until rating is merged. Delete with this folder.</summary>
public sealed record RateCardVersion(string Card, LocalDate EffectiveFrom);

public sealed record CardFault(string Pointer, string Detail);

public sealed record RateCard(RateCardVersion Version, string Json);

public sealed record CardReading(RateCard? Card, IReadOnlyList<CardFault> Faults);

public static class RateCardJson
{
    public static CardReading Read(RateCardVersion version, JsonElement document) => document.TryGetProperty("currency", out _)
        ? new CardReading(new RateCard(version, document.GetRawText()), [])
        : new CardReading(null, [new CardFault("/currency", "A card needs a currency.")]);

    public static string ToJson(RateCard card) => card.Json;
}

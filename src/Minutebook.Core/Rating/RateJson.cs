using System.Text.Json;

namespace Minutebook.Core.Rating;

/// <summary>A rate as canonical JSON; a bill's line says part of it.</summary>
internal static class RateJson
{
    public static void Write(Rate rate, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id", rate.Id);
        writer.WriteString("meter", rate.Meter.Name);
        writer.WritePropertyName("where");
        WriteWhere(rate.Where, writer);
        writer.WriteString("period", CardWords.Of(rate.Period));
        writer.WriteString("scope", CardWords.Of(rate.Scope));
        writer.WriteStartObject("unit");
        writer.WriteString("name", rate.Unit.Name);
        writer.WriteNumber("size", rate.Unit.Size);
        writer.WriteEndObject();
        writer.WriteString("roundUp", CardWords.Of(rate.RoundUp));
        writer.WriteNumber("per", rate.Per);
        writer.WriteBoolean("wholeBlocks", rate.WholeBlocks);
        writer.WriteNumber("free", rate.Free);
        WritePrice(rate.Price, writer);
        if (rate.Source is { } source)
        {
            writer.WriteString("source", source);
        }

        writer.WriteEndObject();
    }

    public static void WriteWhere(Where where, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        for (int i = 0; i < where.Meter.Dimensions.Count; i++)
        {
            if (where.Allowed(i) is { } values)
            {
                writer.WriteStartArray(where.Meter.Dimensions[i]);
                foreach (string? value in values)
                {
                    WriteValue(where.Meter.Dimensions[i], value, writer);
                }

                writer.WriteEndArray();
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes <c>price</c>, or <c>model</c> and <c>tiers</c>.</summary>
    public static void WritePrice(RatePrice price, Utf8JsonWriter writer)
    {
        switch (price)
        {
            case RatePrice.Flat flat:
                writer.WriteString("price", flat.Price.ToString());
                break;
            case RatePrice.Graduated graduated:
                WriteTiers("graduated", graduated.Tiers, writer);
                break;
            case RatePrice.Volume volume:
                WriteTiers("volume", volume.Tiers, writer);
                break;
            default:
                throw new ArgumentException($"No rule for {price}.", nameof(price));
        }
    }

    private static void WriteTiers(string model, IReadOnlyList<Tier> tiers, Utf8JsonWriter writer)
    {
        writer.WriteString("model", model);
        writer.WriteStartArray("tiers");
        foreach (Tier tier in tiers)
        {
            writer.WriteStartObject();
            writer.WritePropertyName("upTo");
            if (tier.UpTo is { } last)
            {
                writer.WriteNumberValue(last);
            }
            else
            {
                writer.WriteNullValue();
            }

            writer.WriteString("price", tier.Price.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteValue(string dimension, string? value, Utf8JsonWriter writer)
    {
        if (dimension == "download")
        {
            writer.WriteBooleanValue(value == "true");
        }
        else
        {
            writer.WriteStringValue(value);
        }
    }
}

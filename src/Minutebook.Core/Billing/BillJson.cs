using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Minutebook.Core.Rating;
using NodaTime.Text;

namespace Minutebook.Core.Billing;

/// <summary>A bill as JSON, in the shape of the API. <see cref="BillReader"/> reads it back.</summary>
public static class BillJson
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bill as one JSON object.</summary>
    public static string ToJson(Bill bill)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            Write(bill, writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>
    /// Writes the bill: amounts with six decimals, the total with the currency's, dates as ISO, the end of the period
    /// excluded.
    /// </summary>
    public static void Write(Bill bill, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("number", bill.Number);
        writer.WriteString("account", bill.Account);
        writer.WriteString("kind", bill.Period.BillKind);
        writer.WriteString("periodStart", LocalDatePattern.Iso.Format(bill.Period.Start));
        writer.WriteString("periodEnd", LocalDatePattern.Iso.Format(bill.Period.End));
        writer.WriteString("issuedAt", InstantPattern.ExtendedIso.Format(bill.IssuedAt));
        writer.WriteString("currency", bill.Currency.Code);
        writer.WriteString("card", bill.Card.Card);
        writer.WriteString("cardEffectiveFrom", LocalDatePattern.Iso.Format(bill.Card.EffectiveFrom));
        writer.WriteStartArray("lines");
        for (int i = 0; i < bill.Lines.Count; i++)
        {
            WriteLine(bill.Lines[i], i + 1, writer);
        }

        writer.WriteEndArray();
        writer.WriteString("rounding", bill.Rounding.ToString());
        writer.WriteString("total", bill.Total.ToMinorString(bill.Currency.MinorDigits));
        writer.WriteEndObject();
    }

    /// <summary>
    /// Writes one line: quantities as integers in base units, units as decimal strings. Of a rate with tiers <c>price</c> is
    /// null, beside <c>model</c> and <c>tiers</c>.
    /// </summary>
    /// <param name="line">The line.</param>
    /// <param name="number">Its number on the bill, from 1.</param>
    /// <param name="writer">Where it goes.</param>
    public static void WriteLine(BillLine line, int number, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("line", number);
        writer.WriteString("application", line.Application);
        writer.WriteString("rate", line.Rate.Id);
        writer.WriteString("meter", line.Rate.Meter.Name);
        writer.WritePropertyName("dimensions");
        RateJson.WriteWhere(line.Rate.Where, writer);
        writer.WritePropertyName("quantity");
        writer.WriteRawValue(line.Quantity.ToString());
        WriteUnits(line, writer);
        WriteTerms(line.Rate, writer);
        writer.WriteString("amount", line.Amount.ToString());
        WriteAdjusts(line.Adjusts, writer);
        writer.WriteEndObject();
    }

    private static void WriteUnits(BillLine line, Utf8JsonWriter writer)
    {
        writer.WriteString("unit", line.Rate.Unit.Name);
        writer.WriteNumber("unitSize", line.Rate.Unit.Size);
        writer.WriteString("units", line.Units.ToString());
        writer.WriteString("freeUnits", line.FreeUnits.ToString());
        writer.WriteStartArray("packages");
        foreach (PackageShare share in line.Packages)
        {
            writer.WriteStartObject();
            writer.WriteString("package", share.Package);
            writer.WriteString("units", share.Units.ToString());
            writer.WriteString("deducted", share.Deducted.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("packageUnits", line.PackageUnits.ToString());
        writer.WriteString("payAsYouGoUnits", line.PayAsYouGoUnits.ToString());
        writer.WriteString("uncoveredUnits", line.UncoveredUnits.ToString());
    }

    private static void WriteTerms(Rate rate, Utf8JsonWriter writer)
    {
        writer.WriteString("roundUp", CardWords.Of(rate.RoundUp));
        writer.WriteNumber("freeQuota", rate.Free);
        writer.WriteNumber("per", rate.Per);
        writer.WriteBoolean("wholeBlocks", rate.WholeBlocks);
        if (rate.Price is not RatePrice.Flat)
        {
            writer.WriteNull("price");
        }

        RateJson.WritePrice(rate.Price, writer);
        if (rate.Source is { } source)
        {
            writer.WriteString("source", source);
        }
    }

    private static void WriteAdjusts(BillPeriod? adjusts, Utf8JsonWriter writer)
    {
        if (adjusts is not { } period)
        {
            writer.WriteNull("adjusts");
            return;
        }

        writer.WriteStartObject("adjusts");
        writer.WriteString("kind", period.BillKind);
        writer.WriteString("periodStart", LocalDatePattern.Iso.Format(period.Start));
        writer.WriteEndObject();
    }
}

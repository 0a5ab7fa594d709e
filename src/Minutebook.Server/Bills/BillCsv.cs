using System.Text;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;

namespace Minutebook.Server;

/// <summary>A bill as CSV: a row for each line, and one for the rounding, so that the amounts sum to the total.</summary>
internal static class BillCsv
{
    private const string Head =
        "number,account,kind,periodStart,periodEnd,issuedAt,currency,card,line,application,rate,meter,dimensions,quantity,unit,units,freeUnits,"
        + "packages,packageUnits,payAsYouGoUnits,uncoveredUnits,per,price,amount,adjustsKind,adjustsPeriodStart";

    public static string Of(Bill bill)
    {
        var text = new StringBuilder(Head + Csv.End);
        for (int i = 0; i < bill.Lines.Count; i++)
        {
            Csv.Write(text, [.. OfBill(bill), i + 1, .. OfLine(bill.Lines[i])]);
        }

        Csv.Write(text, [.. OfBill(bill), null, null, "rounding", .. Enumerable.Repeat<object?>(null, 12), bill.Rounding, null, null]);
        return text.ToString();
    }

    private static IEnumerable<object?> OfBill(Bill bill) =>
    [
        bill.Number, bill.Account, bill.Period.BillKind, JsonText.Of(bill.Period.Start), JsonText.Of(bill.Period.End), JsonText.Of(bill.IssuedAt),
        bill.Currency.Code, bill.Card.Card,
    ];

    private static IEnumerable<object?> OfLine(BillLine line) =>
    [
        line.Application, line.Rate.Id, line.Rate.Meter.Name, Dimensions(line.Rate), line.Quantity, line.Rate.Unit.Name, line.Units, line.FreeUnits,
        string.Join("; ", line.Packages.Select(share => $"{share.Package}: {share.Units}")), line.PackageUnits, line.PayAsYouGoUnits,
        line.UncoveredUnits, line.Rate.Per, line.Rate.Price is RatePrice.Flat flat ? flat.Price : Figures.PriceOf(line.Rate), line.Amount,
        line.Adjusts?.BillKind, line.Adjusts is { } period ? JsonText.Of(period.Start) : null,
    ];

    // As one text: tier=hd|fhd kind=camera.
    private static string Dimensions(Rate rate) => string.Join(' ', rate.Meter.Dimensions.Select((name, at) =>
        rate.Where.Allowed(at) is { } some ? $"{name}={string.Join('|', some)}" : null).OfType<string>());
}

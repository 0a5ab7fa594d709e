using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A bill on paper: who issued it to whom, for what, and how each line comes to its amount.</summary>
internal sealed class BillPdf(Bill bill, AccountState account, Seller seller)
{
    private static readonly (string Name, double X, double Width, bool Right)[] Columns =
        [("#", 48, 22, false), ("What", 70, 217, false), ("Usage", 292, 78, true), ("Billed", 375, 82, true), ("Amount", 462, 85, true)];

    private readonly DateTimeZone zone = DateTimeZoneProviders.Tzdb[account.TimeZone];

    public byte[] Bytes() => Sheet.Make($"Bill {bill.Number}", seller.Name, bill.IssuedAt.ToDateTimeUtc(), Write);

    private void Write(Sheet sheet)
    {
        Letterhead.Write(sheet, seller, "Bill", bill.Number, account,
        [
            ("Number", bill.Number),
            ("Issued", Figures.Of(bill.IssuedAt, zone)),
            ("Period", PeriodText()),
            ("Currency", bill.Currency.Code),
            ("Rate card", $"{bill.Card.Card}, from {JsonText.Of(bill.Card.EffectiveFrom)}"),
        ]);
        sheet.Heading = Heading;
        Heading(sheet);
        for (int i = 0; i < bill.Lines.Count; i++)
        {
            Line(sheet, i + 1, bill.Lines[i]);
        }

        Totals(sheet);
    }

    private string PeriodText() => bill.Period.Kind == Core.Rating.PeriodKind.Day
        ? $"{JsonText.Of(bill.Period.Start)} (daily), {account.TimeZone}"
        : $"{JsonText.Of(bill.Period.Start)} to {JsonText.Of(bill.Period.LastDay)} (monthly), {account.TimeZone}";

    private static void Heading(Sheet sheet)
    {
        foreach ((string name, double x, double width, bool right) in Columns)
        {
            sheet.Write(name, x, sheet.Y, width, Look.Strong with { Right = right });
        }

        sheet.Y += Look.Strong.Height + 2;
        sheet.Rule(strong: true);
        sheet.Y += 5;
    }

    private void Line(Sheet sheet, int number, BillLine line)
    {
        string what = line.Application is { } application ? NameOf(application) : "All applications";
        string how = How(line);
        double width = Columns[1].Width;
        double lowest = Columns[4].X - Columns[1].X - 8;
        double head = Math.Max(Look.Strong.Height, Sheet.HeightOf($"{line.Rate.Id} · {what}", width, Look.Strong));
        sheet.Need(head + Sheet.HeightOf(how, lowest, Look.Small) + 8);
        double y = sheet.Y;
        sheet.Write(number.ToString(), Columns[0].X, y, Columns[0].Width, Look.Plain);
        sheet.Write($"{line.Rate.Id} · {what}", Columns[1].X, y, width, Look.Strong);
        sheet.Write(Figures.Counted(line.Quantity, line.Rate.Meter.Unit), Columns[2].X, y, Columns[2].Width, Look.Plain.ToRight);
        sheet.Write(Figures.Counted(line.Units, line.Rate.Unit.Name), Columns[3].X, y, Columns[3].Width, Look.Plain.ToRight);
        sheet.Write(Figures.Grouped(line.Amount.ToString()), Columns[4].X, y, Columns[4].Width, Look.Plain.ToRight);
        sheet.Y += head + sheet.Write(how, Columns[1].X, y + head, lowest, Look.Small) + 4;
        sheet.Rule();
        sheet.Y += 4;
    }

    private string NameOf(string application) =>
        account.Application(application)?.Settings.Name is { } name && name != application ? $"{name} ({application})" : application;

    private static string How(BillLine line)
    {
        List<string> parts = [Figures.UsageOf(line.Rate)];
        Add(parts, line.FreeUnits, "free");
        parts.AddRange(line.Packages.Select(share => $"{Figures.Grouped(share.Units)} from package {share.Package}"));
        Add(parts, line.PayAsYouGoUnits, "pay-as-you-go");
        Add(parts, line.UncoveredUnits, "uncovered, at 0");
        string blocks = line.Rate.WholeBlocks ? ", whole blocks" : "";
        string how = string.Join(" · ", [.. parts, Figures.PriceOf(line.Rate) + blocks]);
        return line.Adjusts is { } period ? $"Adjustment of {Figures.Of(period)}: late or voided events.\n{how}" : how;
    }

    private static void Add(List<string> parts, Int128 units, string what)
    {
        if (units != 0)
        {
            parts.Add($"{Figures.Grouped(units)} {what}");
        }
    }

    private void Totals(Sheet sheet)
    {
        Money sum = bill.Total - bill.Rounding;
        sheet.Need(3 * 16 + 24);
        sheet.Y += 4;
        Total(sheet, "Sum of lines", Figures.Grouped(sum.ToString()), Look.Plain);
        Total(sheet, $"Rounding to {bill.Currency.Code}'s minor unit", bill.Rounding.ToString(), Look.Plain);
        sheet.Y += 2;
        Total(sheet, "Total", $"{bill.Currency.Code} {Figures.Grouped(bill.Total.ToMinorString(bill.Currency.MinorDigits))}", new Look(12, Bold: true));
        if (seller.Note is { } note)
        {
            sheet.Y += 12;
            sheet.Need(Sheet.HeightOf(note, Sheet.Width, Look.Plain));
            sheet.Y += sheet.Write(note, Sheet.Left, sheet.Y, Sheet.Width, Look.Plain);
        }
    }

    private static void Total(Sheet sheet, string name, string amount, Look look)
    {
        sheet.Write(name, 230, sheet.Y, 200, look.ToRight);
        sheet.Write(amount, 432, sheet.Y, Sheet.Right - 432, look.ToRight);
        sheet.Y += look.Height + 2;
    }
}

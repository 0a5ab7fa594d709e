using System.Text;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using Minutebook.Reference.Billing;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>
/// What has to hold of an account's bills, wallet and packages whatever happened to it; asked of each random history of
/// <see cref="BillsAgainstReference"/>. Each says what breaks it.
/// </summary>
internal sealed class BooksLaws(Desk desk, ReferenceBooks books)
{
    private readonly List<Bill> bills = [.. desk.Tables.Bills.Values.Select(row => BillReader.Read(Encoding.UTF8.GetString(row.Json)))];

    public IEnumerable<string> Broken() =>
        [.. LinesAndRoundingSumToTheTotal(), .. UnitsAreOfOneSort(), .. ClassesSumToLines(), .. NothingIsBilledTwice(), .. LedgerSumsToBalance(), .. PackagesLoseWhatLinesTook()];

    // Rules 4.5 and 6.2.
    private IEnumerable<string> LinesAndRoundingSumToTheTotal() =>
        from bill in bills
        let sum = bill.Lines.Aggregate(Money.Zero, (sum, line) => sum + line.Amount)
        where sum + bill.Rounding != bill.Total || bill.Total.Micros % 10_000 != 0 || Int128.Abs(bill.Rounding.Micros) > 5_000
        select $"{bill.Number}: {sum} and {bill.Rounding} are not {bill.Total}";

    // Rules 4.2 and 5.5.
    private IEnumerable<string> UnitsAreOfOneSort() =>
        from bill in bills
        from line in bill.Lines
        where line.Units != line.FreeUnits + line.PackageUnits + line.PayAsYouGoUnits + line.UncoveredUnits
            || (line.Adjusts is null && Parts(line).Any(part => part < 0))
        select $"{bill.Number}: {line.Application} {line.Rate.Id} has units of no sort";

    // Rule 5.3: class by class, and of what has no class what the reference says.
    private IEnumerable<string> ClassesSumToLines() =>
        from bill in bills
        from line in bill.Lines
        where line.Adjusts is null
        let shares = books.Shares.Where(one => one.Kind == bill.Period.BillKind && one.Start == bill.Period.Start && one.Share.Line.Rate.Id == line.Rate.Id
            && (line.Application is null || one.Share.Class.Application == line.Application)).Select(one => one.Share).ToList()
        let classes = ClassSums(bill.Period, line)
        let without = shares.Where(share => share.Class.Id is null).Select(share => share.Line).ToList()
        let sums = new[]
        {
            classes[0] + Sum(without, share => (Int128)share.Units), classes[1] + Sum(without, share => (Int128)share.Free),
            classes[2] + Sum(without, share => (Int128)share.Paid), classes[3] + Sum(without, share => (Int128)share.Uncovered),
        }
        where !sums.SequenceEqual([line.Units, line.FreeUnits, line.PayAsYouGoUnits, line.UncoveredUnits])
        select $"{bill.Number}: classes of {line.Application} {line.Rate.Id} have {string.Join(' ', sums)} units, the line {line.Units}";

    private Int128[] ClassSums(BillPeriod period, BillLine line)
    {
        List<SettledRow> rows = [.. desk.Tables.Settled.Values.Where(row => row.Kind == (int)period.Kind && row.Period == Iso(period.Start) && row.Rate == line.Rate.Id
            && (line.Application is null || desk.Tables.Pages[row.Page].Application == line.Application))];
        return [Sum(rows, row => Int128.Parse(row.Units)), Sum(rows, row => Int128.Parse(row.Free)), Sum(rows, row => Int128.Parse(row.PayAsYouGo)), Sum(rows, row => Int128.Parse(row.Uncovered))];
    }

    // Rule 6.3: whatever was adjusted, a period has one line of each rate, and it and its adjustments cost the price of their units.
    private IEnumerable<string> NothingIsBilledTwice()
    {
        foreach (var its in bills.SelectMany(bill => bill.Lines.Select(line => (Period: line.Adjusts ?? bill.Period, Line: line)))
            .GroupBy(one => (one.Period, one.Line.Application, one.Line.Rate.Id)))
        {
            BillLine[] lines = [.. its.Select(one => one.Line)];
            Rate rate = lines[0].Rate;
            Int128[] parts = [.. Enumerable.Range(0, 4).Select(part => Sum(lines, line => Parts(line)[part]))];
            Money charged = lines.Aggregate(Money.Zero, (sum, line) => sum + line.Amount);
            if (lines.Count(line => line.Adjusts is null) > 1 || charged != rate.Amount(parts[3]) || parts.Any(part => part < 0) || parts[0] > rate.Free)
            {
                yield return $"{its.Key} was charged {charged} for {string.Join(' ', parts)} in {lines.Length} lines";
            }
        }

        foreach (string number in bills.GroupBy(bill => bill.Number).Where(same => same.Count() > 1).Select(same => same.Key))
        {
            yield return $"{number} was issued twice";
        }
    }

    // Rule 6.4.
    private IEnumerable<string> LedgerSumsToBalance()
    {
        Money balance = Money.Zero;
        foreach (LedgerRow row in desk.Tables.Ledger.Values)
        {
            balance += Money.Parse(row.Amount);
            Money postings = Posting.Of(row.Kind, Money.Parse(row.Amount)).Aggregate(Money.Zero, (sum, posting) => sum + posting.Amount);
            if (row.Balance != balance.ToString() || postings != Money.Zero)
            {
                yield return $"entry {row.Index} leaves {row.Balance} where {balance} is";
            }
        }

        if (desk.Book.State.Balance != balance.ToString())
        {
            yield return $"the wallet has {desk.Book.State.Balance}, its entries sum to {balance}";
        }

        IEnumerable<string> posted = desk.Tables.Ledger.Values.Where(row => row.Kind == "bill").Select(row => $"{row.Reference} {row.Amount}");
        IEnumerable<string> issued = bills.Where(bill => bill.Total != Money.Zero).Select(bill => $"{bill.Number} {-bill.Total}");
        if (!posted.Order(StringComparer.Ordinal).SequenceEqual(issued.Order(StringComparer.Ordinal)))
        {
            yield return "bills were not posted one for one";
        }
    }

    // Rules 5.1 and 5.4: nothing below zero, nothing above what was bought, and nothing lost that is on no line.
    private IEnumerable<string> PackagesLoseWhatLinesTook() =>
        from package in desk.Book.State.Packages
        let bought = PackageUnits.Parse(books.Packages.Single(its => its.Id == package.Id).Product.Quantity)
        let deducted = bills.SelectMany(bill => bill.Lines).SelectMany(line => line.Packages).Where(share => share.Package == package.Id)
            .Aggregate(PackageUnits.Zero, (sum, share) => sum + share.Deducted)
        let left = PackageUnits.Parse(package.Remaining)
        where left < PackageUnits.Zero || left > bought || bought - left != deducted
        select $"{package.Id} has {package.Remaining} left, and lines took {deducted}";

    private static Int128[] Parts(BillLine line) => [line.FreeUnits, line.PackageUnits, line.UncoveredUnits, line.PayAsYouGoUnits];

    private static Int128 Sum<T>(IEnumerable<T> all, Func<T, Int128> of) => all.Aggregate((Int128)0, (sum, one) => sum + of(one));

    private static string Iso(LocalDate date) => NodaTime.Text.LocalDatePattern.Iso.Format(date);
}

using System.Globalization;
using System.Text;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Units;
using NodaTime;
using Calendar = Minutebook.Core.Metering.Calendar;

namespace Minutebook.Server;

/// <summary>What happened in an account's wallet in a month of its time zone: what it held, each movement, what it held then.</summary>
internal sealed record LedgerStatement(
    AccountState Account, LocalDate Month, Instant From, Instant To, Money Opening, IReadOnlyList<LedgerRow> Movements, Money Closing, bool Final)
{
    private const int Step = 1_000;
    private const double ReferenceWidth = 150;

    public string Number => $"{Account.Id}-S-{MonthText}";

    public string MonthText => JsonText.Of(Month)[..7];

    private int Digits => Currency.Get(Account.Currency).MinorDigits;

    public static LedgerStatement Of(Store.Reader read, AccountState account, LocalDate month, Instant now)
    {
        var calendar = new Calendar(account.TimeZone);
        Instant from = Instant.FromUnixTimeSeconds(calendar.StartOf(month));
        Instant to = Instant.FromUnixTimeSeconds(calendar.StartOf(month.PlusMonths(1)));
        Money opening = Money.Zero;
        var movements = new List<LedgerRow>();
        foreach (LedgerRow row in All(read, account.Id))
        {
            if (row.At < from.ToUnixTimeMilliseconds())
            {
                opening = Money.Parse(row.Balance);
            }
            else if (row.At < to.ToUnixTimeMilliseconds())
            {
                movements.Add(row);
            }
        }

        Money closing = movements.Count > 0 ? Money.Parse(movements[^1].Balance) : opening;
        return new LedgerStatement(account, month, from, to, opening, movements, closing, now >= to);
    }

    public StatementView View() => new(
        Number, Account.Id, MonthText, From, To, Account.Currency, Final, Opening.ToString(), [.. Movements.Select(LedgerView.Of)],
        Totals().ToDictionary(total => total.Kind, total => total.Amount.ToString()), Closing.ToString());

    public string Csv()
    {
        var text = new StringBuilder("statement,account,month,at,kind,reference,amount,balance,currency" + Server.Csv.End);
        Row(text, From, "opening", null, null, Opening);
        foreach (LedgerRow row in Movements)
        {
            Row(text, Instant.FromUnixTimeMilliseconds(row.At), row.Kind, row.Reference, Money.Parse(row.Amount), Money.Parse(row.Balance));
        }

        Row(text, To, "closing", null, null, Closing);
        return text.ToString();
    }

    public byte[] Pdf(Seller seller)
    {
        DateTimeZone zone = DateTimeZoneProviders.Tzdb[Account.TimeZone];
        return Sheet.Make($"Statement {Number}", seller.Name, (Final ? To : From).ToDateTimeUtc(), sheet =>
        {
            Letterhead.Write(sheet, seller, "Statement", Number, Account,
            [
                ("Month", $"{MonthText}, {Account.TimeZone}{(Final ? "" : " (so far)")}"),
                ("Currency", Account.Currency),
                ("Opening", Amount(Opening)),
                ("Closing", Amount(Closing)),
            ]);
            sheet.Heading = its => Row(its, ("When", "What", "Reference", "Amount", "Balance"), Look.Strong, heading: true);
            sheet.Heading(sheet);
            Row(sheet, ("", "Opening balance", "", "", Amount(Opening)), Look.Strong);
            foreach (LedgerRow row in Movements)
            {
                Row(sheet, (Figures.Of(Instant.FromUnixTimeMilliseconds(row.At), zone), Words(row.Kind), row.Reference, Amount(Money.Parse(row.Amount)),
                    Amount(Money.Parse(row.Balance))), Look.Plain);
            }

            Row(sheet, ("", "Closing balance", "", "", Amount(Closing)), Look.Strong);
        });
    }

    private static void Row(Sheet sheet, (string When, string What, string Reference, string Amount, string Balance) row, Look look, bool heading = false)
    {
        double height = Sheet.HeightOf(row.Reference, ReferenceWidth, look);
        if (!heading)
        {
            sheet.Need(height + 6);
        }

        double y = sheet.Y;
        sheet.Write(row.When, 48, y, 112, look);
        sheet.Write(row.What, 162, y, 88, look);
        sheet.Write(row.Reference, 252, y, ReferenceWidth, look);
        sheet.Write(row.Amount, 404, y, 66, look.ToRight);
        sheet.Write(row.Balance, 474, y, 73, look.ToRight);
        sheet.Y += height + 3;
        sheet.Rule(strong: heading);
        sheet.Y += 3;
    }

    private static string Words(string kind) => kind switch
    {
        "topup" => "Top-up",
        "bill" => "Bill",
        "package" => "Package",
        "refund" => "Refund",
        _ => kind,
    };

    private string Amount(Money amount) => Figures.Grouped(amount.ToMinorString(Digits));

    private void Row(StringBuilder text, Instant at, string kind, string? reference, Money? amount, Money balance) => Server.Csv.Write(
        text, [Number, Account.Id, MonthText, JsonText.Of(at), kind, reference, amount, balance, Account.Currency]);

    private IEnumerable<(string Kind, Money Amount)> Totals() => Movements.GroupBy(row => row.Kind).OrderBy(same => same.Key, StringComparer.Ordinal)
        .Select(same => (same.Key, same.Aggregate(Money.Zero, (sum, row) => sum + Money.Parse(row.Amount))));

    private static IEnumerable<LedgerRow> All(Store.Reader read, string account)
    {
        List<LedgerRow> some;
        long after = 0;
        do
        {
            some = read.Ledger(account, after, Step);
            foreach (LedgerRow row in some)
            {
                yield return row;
            }

            after = some.Count > 0 ? some[^1].Index : after;
        }
        while (some.Count == Step);
    }
}

/// <summary>A statement as the API shows it; <c>Final</c> once the month is over.</summary>
internal sealed record StatementView(
    string Number, string Account, string Month, Instant From, Instant To, string Currency, bool Final, string Opening,
    IReadOnlyList<LedgerView> Movements, IReadOnlyDictionary<string, string> Totals, string Closing);

/// <summary>An entry of the ledger, with both its postings.</summary>
internal sealed record LedgerView(
    Instant At, string Kind, string Amount, string Balance, string Reference, IReadOnlyList<PostingView> Postings)
{
    public static LedgerView Of(LedgerRow row) => new(
        Instant.FromUnixTimeMilliseconds(row.At), row.Kind, row.Amount, row.Balance, row.Reference,
        [.. Posting.Of(row.Kind, Money.Parse(row.Amount)).Select(posting => new PostingView(posting.Account, posting.Amount.ToString()))]);
}

/// <summary>One side of an entry.</summary>
internal sealed record PostingView(string Account, string Amount);

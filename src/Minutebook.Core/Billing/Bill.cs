using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Core.Billing;

/// <summary>An issued bill (rule 6.2). It never changes.</summary>
public sealed record Bill
{
    /// <summary>Its number: <see cref="BillPeriod.BillNumber"/>.</summary>
    public string Number => Period.BillNumber(Account);

    /// <summary>The account.</summary>
    public required string Account { get; init; }

    /// <summary>The day or month that it is for.</summary>
    public required BillPeriod Period { get; init; }

    /// <summary>When it was issued: the instant of the close.</summary>
    public required Instant IssuedAt { get; init; }

    /// <summary>The account's currency.</summary>
    public required Currency Currency { get; init; }

    /// <summary>The card by which the period is priced.</summary>
    public required RateCardVersion Card { get; init; }

    /// <summary>The lines, adjustments last; their numbers count from 1.</summary>
    public required IReadOnlyList<BillLine> Lines { get; init; }

    /// <summary>Total − sum of amounts (rule 4.5).</summary>
    public required Money Rounding { get; init; }

    /// <summary>What is posted to the wallet: the sum of amounts, rounded to the currency's minor unit.</summary>
    public required Money Total { get; init; }

    /// <summary>Issues a bill: adds the lines up and rounds once (rule 4.5).</summary>
    /// <param name="account">The account.</param>
    /// <param name="settled">The period as settled at the close.</param>
    /// <param name="adjustments">Lines of the true-up of earlier periods; only a daily bill has any (rule 6.3).</param>
    /// <param name="issuedAt">The instant of the close.</param>
    /// <returns>The bill; null when there is neither priced usage nor an adjustment (rule 6.1).</returns>
    public static Bill? Issue(string account, SettledPeriod settled, IReadOnlyList<BillLine> adjustments, Instant issuedAt)
    {
        IReadOnlyList<BillLine> lines = [.. settled.Lines, .. adjustments];
        if (lines.Count == 0)
        {
            return null;
        }

        Money sum = Money.Zero;
        foreach (BillLine line in lines)
        {
            sum += line.Amount;
        }

        Money total = sum.RoundToMinor(settled.Card.Currency.MinorDigits);
        return new Bill
        {
            Account = account,
            Period = settled.Period,
            IssuedAt = issuedAt,
            Currency = settled.Card.Currency,
            Card = settled.Card.Version,
            Lines = lines,
            Rounding = total - sum,
            Total = total,
        };
    }
}

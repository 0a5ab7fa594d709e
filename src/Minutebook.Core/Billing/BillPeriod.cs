using Minutebook.Core.Rating;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Core.Billing;

/// <summary>A billing day or month of an account, in its local dates (rules 1.2 and 6.2).</summary>
public readonly record struct BillPeriod
{
    private static readonly LocalDatePattern Month = LocalDatePattern.CreateWithInvariantCulture("uuuu-MM");

    private BillPeriod(PeriodKind kind, LocalDate start) => (Kind, Start) = (kind, start);

    /// <summary>A day or a month.</summary>
    public PeriodKind Kind { get; }

    /// <summary>Its first day; the card in force on it prices the whole period (rule 4.6).</summary>
    public LocalDate Start { get; }

    /// <summary>The day after its last.</summary>
    public LocalDate End => Kind switch
    {
        PeriodKind.Day => Start.PlusDays(1),
        PeriodKind.Month => Start.PlusMonths(1),
    };

    /// <summary>Its last day; packages valid on it serve the period (rule 5.2).</summary>
    public LocalDate LastDay => End.PlusDays(-1);

    /// <summary>That day.</summary>
    public static BillPeriod OfDay(LocalDate day) => new(PeriodKind.Day, day);

    /// <summary>The month that a day is in.</summary>
    public static BillPeriod OfMonth(LocalDate day) => new(PeriodKind.Month, day.With(DateAdjusters.StartOfMonth));

    /// <summary>The day, or the month, that begins on a date.</summary>
    /// <exception cref="ArgumentException">It is a month, and the date is not its first day.</exception>
    public static BillPeriod From(PeriodKind kind, LocalDate start) => kind == PeriodKind.Month && start.Day != 1
        ? throw new ArgumentException($"No month begins on {LocalDatePattern.Iso.Format(start)}.", nameof(start))
        : new BillPeriod(kind, start);

    /// <summary>The number of its bill: <c>{account}-D-2026-11-03</c> or <c>{account}-M-2026-11</c>.</summary>
    public string BillNumber(string account) => Kind switch
    {
        PeriodKind.Day => $"{account}-D-{LocalDatePattern.Iso.Format(Start)}",
        PeriodKind.Month => $"{account}-M-{Month.Format(Start)}",
    };

    /// <summary>Its kind as bills say it: <c>daily</c> or <c>monthly</c>.</summary>
    public string BillKind => Kind switch
    {
        PeriodKind.Day => "daily",
        PeriodKind.Month => "monthly",
    };

    /// <inheritdoc/>
    public override string ToString() => BillNumber("");
}

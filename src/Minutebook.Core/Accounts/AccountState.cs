using System.Text.Json;
using System.Text.Json.Serialization;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Core.Accounts;

/// <summary>An application of an account.</summary>
public sealed class ApplicationState
{
    /// <summary>Its id, unique in the installation.</summary>
    public required string Id { get; init; }
    /// <summary>When it was created, ms.</summary>
    public long CreatedAt { get; init; }
    /// <summary>The history of its settings, oldest first; never empty.</summary>
    public List<ApplicationSettings> History { get; init; } = [];
    /// <summary>When it was suspended by itself, and when it was not again (rule 5.6); empty for never.</summary>
    public List<ApplicationChange> Standings { get; init; } = [];
    /// <summary>Configurations of its connectors by name, sealed.</summary>
    public SortedDictionary<string, string> Connectors { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The settings in force now.</summary>
    [JsonIgnore]
    public ApplicationSettings Settings => History[^1];
}

/// <summary>What an account's book has counted of the events that came.</summary>
public sealed class Counters
{
    /// <summary>Distinct events that were taken into the set, voids included.</summary>
    public long Events { get; set; }
    /// <summary>Events that had come before (rule 1.3).</summary>
    public long Duplicates { get; set; }
    /// <summary>Duplicates with another content than the first.</summary>
    public long Conflicts { get; set; }
    /// <summary>Events that a void took out.</summary>
    public long Voided { get; set; }
    /// <summary>Events kept and not applied, by reason.</summary>
    public SortedDictionary<string, long> SetAside { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>A package that was bought, as the account's row keeps it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Sku">The product.</param>
/// <param name="Card">The card that had it on sale.</param>
/// <param name="CardFrom">The version of the card, ISO.</param>
/// <param name="Application">The application that it serves; null for the account.</param>
/// <param name="PurchasedAt">ms.</param>
/// <param name="Reference">The purchase's reference (rule 6.5).</param>
/// <param name="Remaining">What it holds still; a decimal string.</param>
/// <param name="Refunded">It was given back.</param>
public sealed record PackageState(
    string Id, string Sku, string Card, string CardFrom, string? Application, long PurchasedAt, string Reference, string Remaining, bool Refunded)
{
    /// <summary>When 80 % of it were used for the first time, ms; null before (rule 7.7).</summary>
    public long? LowAt { get; init; }

    /// <summary>Since when it covers not one more unit, usage of open periods included, ms; null while it does (rules 5.4 and 5.6).</summary>
    public long? UsedUpAt { get; init; }

    /// <summary>The package, with what closes have left in it.</summary>
    /// <param name="versions">The versions of a card.</param>
    /// <param name="zone">The account's time zone.</param>
    public Package Of(Func<string, CardVersions> versions, DateTimeZone zone)
    {
        PackageProduct product = versions(Card).InForce(LocalDatePattern.Iso.Parse(CardFrom).Value)!.Product(Sku)!;
        return Package.Buy(Id, product, Application, Instant.FromUnixTimeMilliseconds(PurchasedAt), zone) with
        {
            Remaining = PackageUnits.Parse(Remaining),
            Refunded = Refunded,
        };
    }
}

/// <summary>The rate card that an account has from a local day on (ISO).</summary>
public sealed record CardChoice(string Card, string From);

/// <summary>How many days old an event might be until that was changed.</summary>
/// <param name="Days">Days.</param>
/// <param name="Position">The position of the journal's group that changed it; what stands there goes by the later number.</param>
public sealed record PastLateDays(int Days, long Position);

/// <summary>From when delivery was categorized until that was changed.</summary>
/// <param name="Since">The local day, ISO; null for always.</param>
/// <param name="Position">The position of the journal's group that changed it; what stands there goes by the later day.</param>
public sealed record PastCategories(string? Since, long Position);

/// <summary>A close that a shorter delay made due at once (rule 6.1), behind what had come at that very instant.</summary>
/// <param name="At">When, ms.</param>
/// <param name="Position">The position of the journal's group with the command.</param>
public sealed record HastenedClose(long At, long Position);

/// <summary>The light state of an account, as its row keeps it.</summary>
public sealed class AccountState
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }
    /// <summary>Its name.</summary>
    public required string Name { get; set; }
    /// <summary>ISO 4217, for good.</summary>
    public required string Currency { get; init; }
    /// <summary>IANA time zone, for good.</summary>
    public required string TimeZone { get; init; }
    /// <summary>
    /// The rate cards that price its usage, oldest first, each from the local day on which it was chosen; the first for all days before too.
    /// </summary>
    public List<CardChoice> RateCards { get; init; } = [];
    /// <summary>How long after local midnight a day is closed (rule 6.1).</summary>
    public int SettleDelayMinutes { get; set; } = 120;
    /// <summary>How far below zero the balance may go; a decimal string.</summary>
    public string CreditLimit { get; set; } = "0.000000";
    /// <summary>How many days old an event may be (rule 1.5).</summary>
    public int LateDays { get; set; } = 35;
    /// <summary>The most that <see cref="LateDays"/> was since a day was closed last, when that was more than it is; else null.</summary>
    public int? MoreLateDays { get; set; }
    /// <summary>What <see cref="LateDays"/> was before each change, oldest first.</summary>
    public List<PastLateDays> PastLateDays { get; init; } = [];
    /// <summary>Bytes of a usage hour (rule 9.1).</summary>
    public long UsageHourBytes { get; set; } = 310_000_000;
    /// <summary>The local day from which delivery is categorized by department (rule 3.4), ISO; null for always.</summary>
    public string? CategorizedSince { get; set; }
    /// <summary>What <see cref="CategorizedSince"/> was before each change, oldest first.</summary>
    public List<PastCategories> PastCategorizedSince { get; init; } = [];
    /// <summary>Closes that came by a shorter delay, oldest first.</summary>
    public List<HastenedClose> HastenedCloses { get; init; } = [];
    /// <summary>Hours between overdue and suspended.</summary>
    public int GraceHours { get; set; } = 24;
    /// <summary>Days between suspended and released.</summary>
    public int HoldDays { get; set; } = 60;
    /// <summary>Stops the clock of release (rule 7.5).</summary>
    public bool LegalHold { get; set; }
    /// <summary>Where its alerts are mailed.</summary>
    public IReadOnlyList<string> AlertEmails { get; set; } = [];
    /// <summary>When it was created, ms.</summary>
    public long CreatedAt { get; init; }
    /// <summary>Its applications, in the order in which they came.</summary>
    public List<ApplicationState> Applications { get; init; } = [];
    /// <summary>The wallet's balance: the sum of its entries; a decimal string.</summary>
    public string Balance { get; set; } = "0.000000";
    /// <summary>How many entries the wallet has.</summary>
    public long LedgerEntries { get; set; }
    /// <summary>Its standing.</summary>
    public required AccountStanding Standing { get; set; }
    /// <summary>Its standings since it was created (rule 7.4).</summary>
    public List<StandingChange> Timeline { get; init; } = [];
    /// <summary>What its release ordered; empty before.</summary>
    public List<ReleaseOrder> Orders { get; init; } = [];
    /// <summary>The alerts that its packages gave, by package.</summary>
    public SortedDictionary<string, PackageAlerts> PackageAlerts { get; init; } = new(StringComparer.Ordinal);
    /// <summary>Its budgets.</summary>
    public List<BudgetState> Budgets { get; init; } = [];
    /// <summary>What was billed for the last two months that were billed, by month (yyyy-MM); decimal strings.</summary>
    public SortedDictionary<string, string> Billed { get; init; } = new(StringComparer.Ordinal);
    /// <summary>How many alerts it was given.</summary>
    public long Alerts { get; set; }
    /// <summary>The first local day that is not closed yet, ISO.</summary>
    public required string NextClose { get; set; }
    /// <summary>When the last day was closed, ms; null before the first close.</summary>
    public long? LastCloseAt { get; set; }
    /// <summary>
    /// The local day from which closed periods may still be adjusted, ISO; null before the first close. What begins before it stays as it was
    /// billed, also when <see cref="LateDays"/> is raised.
    /// </summary>
    public string? AdjustableFrom { get; set; }
    /// <summary>Packages that were bought, in that order.</summary>
    public List<PackageState> Packages { get; init; } = [];
    /// <summary>How many pages it has.</summary>
    public int Pages { get; set; }
    /// <summary>What came in.</summary>
    public Counters Counters { get; init; } = new();

    /// <summary>The rate card that it has now.</summary>
    [JsonIgnore]
    public string RateCard => RateCards[^1].Card;

    /// <summary>How many days old an event may be that the next close has to true up (rule 6.3): what was taken before they became fewer is.</summary>
    [JsonIgnore]
    public int LateDaysToTrueUp => MoreLateDays ?? LateDays;

    /// <summary>How many days old an event might be that a group of the journal brought.</summary>
    /// <param name="position">The group's position.</param>
    public int LateDaysAt(long position) => PastLateDays.Find(past => position < past.Position)?.Days ?? LateDays;

    /// <summary>From when delivery was categorized as far as a group of the journal goes by it.</summary>
    /// <param name="position">The group's position.</param>
    public string? CategorizedSinceAt(long position) =>
        PastCategorizedSince.Find(past => position < past.Position) is { } past ? past.Since : CategorizedSince;

    /// <summary>
    /// Chooses a card from a local day on. Of several on one day the last holds for the whole day, and on the first day for all days before as
    /// well, unless one of them was closed already: that was billed by the first card, and is adjusted by it (rule 6.3).
    /// </summary>
    public void ChooseCard(string card, LocalDate day)
    {
        string from = LocalDatePattern.Iso.Format(day);
        if (RateCards.Count == 1 && RateCards[0].From == from && RateCards[0].Card != card && AdjustableFrom is not null)
        {
            RateCards[0] = RateCards[0] with { From = LocalDatePattern.Iso.Format(day.PlusDays(-1)) };
            RateCards.Add(new CardChoice(card, from));
        }
        else if (RateCards.Count > 0 && string.CompareOrdinal(RateCards[^1].From, from) >= 0)
        {
            RateCards[^1] = RateCards[^1] with { Card = card };
        }
        else if (RateCards.Count == 0 || RateCards[^1].Card != card)
        {
            RateCards.Add(new CardChoice(card, from));
        }
    }

    /// <summary>
    /// The card by which a period is priced (rule 4.6): the version in force on its first day of the card that the account had then. Null
    /// when none is in force, or when it is not in the account's currency: then nothing is priced.
    /// </summary>
    /// <param name="period">The day or month.</param>
    /// <param name="versions">The versions of a card.</param>
    public RateCard? CardOf(BillPeriod period, Func<string, CardVersions> versions)
    {
        string first = LocalDatePattern.Iso.Format(period.Start);
        CardChoice chosen = RateCards.FindLast(choice => string.CompareOrdinal(choice.From, first) <= 0) ?? RateCards[0];
        return versions(chosen.Card).InForce(period.Start) is { } card && card.Currency.Code == Currency ? card : null;
    }

    /// <summary>The applications that have pay-as-you-go off now (rule 5.5).</summary>
    public IReadOnlySet<string> WithoutPayAsYouGo() =>
        Applications.Where(application => !application.Settings.PayAsYouGo).Select(application => application.Id).ToHashSet(StringComparer.Ordinal);

    /// <summary>The applications that had pay-as-you-go off at a close in the past (rule 5.5): what was set at its very instant came after it.</summary>
    public IReadOnlySet<string> WithoutPayAsYouGoAt(Instant close)
    {
        long before = close.ToUnixTimeMilliseconds() - 1;
        return Applications.Where(application => !ApplicationSettings.At(application.History, before).PayAsYouGo)
            .Select(application => application.Id).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>By which terms its standing follows.</summary>
    [JsonIgnore]
    public Terms Terms => new(GraceHours, HoldDays, LegalHold);

    /// <summary>How it stands in its row.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };
}

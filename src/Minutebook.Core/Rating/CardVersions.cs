using System.Collections.Immutable;
using NodaTime;

namespace Minutebook.Core.Rating;

/// <summary>Why a version of a card was not published, in order of precedence.</summary>
public enum PublishRefusal
{
    /// <summary>That version is published with other content; it never changes (rule 4.6): a 409 <c>immutable</c>.</summary>
    Immutable,
    /// <summary>
    /// It is not the card's first version and would begin today or earlier (rule 4.6): a 400 <c>invalid-request</c>.
    /// </summary>
    BeginsInThePast,
    /// <summary>
    /// The card's other versions are in another currency (rule 1.2: the accounts that have it are priced in their own alone, and would be billed
    /// nothing from then on): a 400 <c>invalid-request</c>.
    /// </summary>
    OtherCurrency,
}

/// <summary>What came of publishing a version.</summary>
/// <param name="Versions">All versions from then on; the same as before when nothing was published.</param>
/// <param name="Refusal">Why it was refused; null when it is published now, or was before with the same content.</param>
public sealed record Publishing(CardVersions Versions, PublishRefusal? Refusal);

/// <summary>All published versions of one card, by the day from which each is in force (rule 4.6).</summary>
public sealed class CardVersions
{
    private readonly ImmutableArray<RateCard> versions;

    private CardVersions(ImmutableArray<RateCard> versions) => this.versions = versions;

    /// <summary>A card of which nothing is published.</summary>
    public static CardVersions None { get; } = new([]);

    /// <summary>The versions, oldest first.</summary>
    public IReadOnlyList<RateCard> All => versions;

    /// <summary>The version in force on a day: the last one to begin on it or before; null before the first begins.</summary>
    public RateCard? InForce(LocalDate day) => versions.LastOrDefault(version => version.Version.EffectiveFrom <= day);

    /// <summary>
    /// Publishes a version (rule 4.6). The same version with the same content is published already and changes nothing; the first
    /// one may begin at any date; a further one only after today, wherever it comes among those that have not begun yet. Today is
    /// the date in UTC: no account, at whatever offset, has closed a day after it, so a new version never prices again what was
    /// billed. All are in one currency.
    /// </summary>
    /// <param name="version">A valid version of this card.</param>
    /// <param name="today">The date in UTC.</param>
    public Publishing Publish(RateCard version, LocalDate today)
    {
        LocalDate from = version.Version.EffectiveFrom;
        if (versions.FirstOrDefault(known => known.Version.EffectiveFrom == from) is { } known)
        {
            return new Publishing(this, RateCardJson.Same(known, version) ? null : PublishRefusal.Immutable);
        }

        if (!versions.IsEmpty && versions[0].Currency != version.Currency)
        {
            return new Publishing(this, PublishRefusal.OtherCurrency);
        }

        if (!versions.IsEmpty && from <= today)
        {
            return new Publishing(this, PublishRefusal.BeginsInThePast);
        }

        int place = versions.Count(earlier => earlier.Version.EffectiveFrom < from);
        return new Publishing(new CardVersions(versions.Insert(place, version)), null);
    }
}

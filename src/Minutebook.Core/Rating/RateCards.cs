using NodaTime;

namespace Minutebook.Core.Rating;

/// <summary>All rate cards of an installation. Every shard holds the same, because publishing reaches all journals in one step.</summary>
public sealed class RateCards
{
    private readonly Dictionary<string, CardVersions> cards = new(StringComparer.Ordinal)
    {
        [PublicCard.Id] = CardVersions.None.Publish(PublicCard.Card, PublicCard.EffectiveFrom).Versions,
    };

    /// <summary>The versions of a card; none of one that does not exist.</summary>
    public CardVersions Versions(string card) => cards.GetValueOrDefault(card) ?? CardVersions.None;

    /// <summary>Whether anything of the card is published.</summary>
    public bool Exists(string card) => cards.ContainsKey(card);

    /// <summary>Publishes a version (rule 4.6).</summary>
    public Publishing Publish(RateCard version, LocalDate today)
    {
        Publishing publishing = Versions(version.Version.Card).Publish(version, today);
        if (publishing.Refusal is null)
        {
            cards[version.Version.Card] = publishing.Versions;
        }

        return publishing;
    }

    /// <summary>Puts back a version that was published before, whatever today is.</summary>
    public void Restore(RateCard version) => Publish(version, LocalDate.MinIsoValue);
}

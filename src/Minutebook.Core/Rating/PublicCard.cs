using System.Text;
using NodaTime;

namespace Minutebook.Core.Rating;

/// <summary>
/// The shipped card <c>public</c> (rule 4.7). Every price on it cites its source; every other price is the operator's to
/// set.
/// </summary>
public static class PublicCard
{
    /// <summary>Its id.</summary>
    public const string Id = "public";

    /// <summary>The day from which it is in force.</summary>
    public static LocalDate EffectiveFrom { get; } = new(1970, 1, 1);

    /// <summary>The card. Its JSON is in this file, in the form in which an operator would publish it.</summary>
    public static RateCard Card { get; } = Published();

    private const string Json = """
        {
          "currency": "USD",
          "rates": [
            {
              "id": "recording", "meter": "recording", "where": {"kind": ["camera", "screen", "whiteboard", "audio"]}, "period": "day",
              "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "7.00",
              "source": "In-Class Recording Billing Description (2024-03-27): $7.00 per thousand minutes, daily; tencentcloud.com/document/product/1176/55513"
            },
            {
              "id": "recording-mixed", "meter": "recording", "where": {"kind": ["mixed"]}, "period": "day",
              "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "0",
              "source": "In-Class Recording Billing Description (2024-03-27): mixed-stream recording is currently not charged"
            },
            {
              "id": "slicing-audio", "meter": "slicing", "where": {"mode": ["audio"]}, "period": "day",
              "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1, "price": "0.00149",
              "source": "TRTC billing of cloud slicing, 'Cloud Audio Slicing Price': 0.00149 USD/minute, daily"
            },
            {
              "id": "slicing-video", "meter": "slicing", "where": {"mode": ["video"]}, "period": "day",
              "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1, "price": "0.00249",
              "source": "TRTC billing of cloud slicing, 'Cloud Video Screenshot Price': 0.00249 USD/minute, daily"
            },
            {
              "id": "screenshot", "meter": "screenshot", "period": "month",
              "unit": {"name": "sheet", "size": 1}, "roundUp": "period", "per": 1000, "wholeBlocks": true, "free": 10000, "price": "0.03",
              "source": "TRTC billing of cloud slicing, 'Terminal Video Screenshot': 0.03 USD per thousand sheets and month, 10 thousand free, a started thousand in full"
            },
            {
              "id": "whiteboard", "meter": "whiteboard", "period": "day",
              "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "1.50",
              "source": "Whiteboard Duration Billing: $1.50 per thousand minutes; tencentcloud.com/document/product/1176/55517"
            },
            {
              "id": "av-audio", "meter": "av", "where": {"tier": ["audio"]}, "period": "day",
              "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "0.99",
              "source": "TRTC audio duration (2021): 0.99 USD per thousand minutes; tencentcloud.com/document/product/647/39785"
            }
          ],
          "packages": []
        }
        """;

    private static RateCard Published()
    {
        CardReading read = RateCardJson.Read(new RateCardVersion(Id, EffectiveFrom), Encoding.UTF8.GetBytes(Json));
        return read.Card ?? throw new InvalidOperationException($"The shipped card is wrong: {string.Join("; ", read.Faults)}");
    }
}

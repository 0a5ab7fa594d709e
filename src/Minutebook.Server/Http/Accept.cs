using Microsoft.Net.Http.Headers;

namespace Minutebook.Server;

/// <summary>
/// Which of the media types that an endpoint offers a request would rather have (RFC 9110, 12.5.1): of each, the quality of the most
/// specific range that it matches; the highest wins, and of level ones the first offered. Where nothing offered is acceptable, or the
/// header says nothing readable, it is the first: the contract has no 406.
/// </summary>
internal static class Accept
{
    public const string Json = "application/json";
    public const string Csv = "text/csv";
    public const string Pdf = "application/pdf";

    private const int Exact = 3, OfType = 2, Any = 1;

    /// <summary>The offer that suits best; the first is the endpoint's own.</summary>
    public static string Choose(HttpRequest request, params ReadOnlySpan<string> offers)
    {
        request.HttpContext.Response.Headers.Vary = HeaderNames.Accept;
        var ranges = request.Headers.Accept;
        if (ranges.Count == 0 || !MediaTypeHeaderValue.TryParseList(ranges, out IList<MediaTypeHeaderValue>? read))
        {
            return offers[0];
        }

        string best = offers[0];
        double highest = 0;
        foreach (string offer in offers)
        {
            double quality = QualityOf(offer, read);
            if (quality > highest)
            {
                (best, highest) = (offer, quality);
            }
        }

        return best;
    }

    private static double QualityOf(string offer, IList<MediaTypeHeaderValue> ranges)
    {
        (int closest, double quality) = (0, 0);
        foreach (MediaTypeHeaderValue range in ranges)
        {
            int match = MatchOf(offer, range);
            if (match > closest)
            {
                (closest, quality) = (match, range.Quality ?? 1);
            }
        }

        return quality;
    }

    private static int MatchOf(string offer, MediaTypeHeaderValue range) =>
        range.MatchesAllTypes ? Any
        : range.MediaType.Equals(offer, StringComparison.OrdinalIgnoreCase) ? Exact
        : range.MatchesAllSubTypes && offer.StartsWith($"{range.Type}/", StringComparison.OrdinalIgnoreCase) ? OfType
        : 0;
}

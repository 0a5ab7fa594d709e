using System.Globalization;
using Minutebook.Core;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;

namespace Minutebook.Server;

/// <summary>How a class's minutes were settled: the minutes of its row beyond those that it took.</summary>
internal sealed record Shares(
    IReadOnlyList<CoveredMinutes> Packages, decimal Package, decimal Free, decimal PayAsYouGo, decimal Uncovered)
{
    public static Shares None { get; } = new([], 0, 0, 0, 0);

    /// <summary>Both together.</summary>
    public Shares And(Shares other) => other == None ? this : this == None ? other : new(
        Packages.Count == 0 ? other.Packages : other.Packages.Count == 0 ? Packages : Merged([.. Packages, .. other.Packages]),
        Package + other.Package, Free + other.Free, PayAsYouGo + other.PayAsYouGo, Uncovered + other.Uncovered);

    /// <summary>The shares of one page, from what settlements gave it: all its days, all rates that price the meter.</summary>
    /// <param name="settled">The page's rows, of closed periods and of the live settlement of open ones alike.</param>
    /// <param name="meter">Presence or playback; what rates of other meters gave does not count here.</param>
    /// <param name="rates">By them a unit is so many minutes.</param>
    public static Shares Of(IEnumerable<SettledRow> settled, Meter meter, RowRates rates)
    {
        Shares sum = None;
        foreach (SettledRow row in settled)
        {
            if (rates.Of(row) is { } rate && rate.Meter == meter)
            {
                sum = sum.And(Of(row, rate));
            }
        }

        return sum;
    }

    /// <summary>What a settlement gave by one rate.</summary>
    public static Shares Of(in SettledRow row, Rate rate)
    {
        long seconds = rate.Unit.Size;
        return new Shares(
            row.Packages.Length == 0 ? None.Packages : Merged([.. PackagesOf(row, seconds)]),
            Minutes(row.Package, seconds), Minutes(row.Free, seconds), Minutes(row.PayAsYouGo, seconds), Minutes(row.Uncovered, seconds));
    }

    // One package a line, its units after a tab, as the close wrote them.
    private static IEnumerable<CoveredMinutes> PackagesOf(SettledRow row, long seconds) =>
        row.Packages.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))
            .Select(package => new CoveredMinutes(package[0], Minutes(package[1], seconds)));

    private static IReadOnlyList<CoveredMinutes> Merged(IReadOnlyList<CoveredMinutes> packages) =>
        [.. packages.GroupBy(share => share.Package).Select(same => new CoveredMinutes(same.Key, same.Sum(share => share.Minutes)))];

    private static decimal Minutes(string units, long seconds) =>
        units is "" or "0" ? 0 : decimal.Parse(units, CultureInfo.InvariantCulture) * seconds / 60;
}

/// <summary>What one package covered of a class.</summary>
internal sealed record CoveredMinutes(string Package, decimal Minutes);

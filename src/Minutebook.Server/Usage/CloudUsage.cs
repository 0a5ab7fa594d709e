using System.Numerics;
using Minutebook.Core;
using Minutebook.Core.Metering;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The cloud-usage chart (rules 3.4 and 9): delivered bytes by month and type of data, and the hours that they make.</summary>
internal sealed record CloudUsage(Calendar Calendar, LocalDate First, LocalDate Last, long UsageHourBytes)
{
    // In the order in which the chart stacks them (rule 9.1).
    private static readonly string[] DataTypes = [Delivery.VodInstitution, Delivery.VodDepartment, "live", "other"];

    public long? CategorizedFrom { get; init; }
    public string? Organization { get; init; }
    public string? Department { get; init; }

    /// <summary>The first second, and the first beyond; the last month is in it.</summary>
    public (long From, long To) Seconds => (Calendar.FirstHourOf(Calendar.Number(First)), Calendar.FirstHourOf(Calendar.Number(Last.PlusMonths(1))));

    /// <summary>Every month of the range; in it the types of data of which there was any.</summary>
    public IReadOnlyList<MonthView> Months(IEnumerable<UsageRow> rows)
    {
        Dictionary<(LocalDate Month, string DataType), (Int128 Bytes, Int128 Downloads)> sums = [];
        foreach (UsageRow row in rows)
        {
            Dimensions dimensions = Dimensions.FromKey(Meter.Delivery, row.Dimensions);
            dimensions = row.Hour < CategorizedFrom ? Delivery.BeforeCategories(dimensions) : dimensions;
            if (!Shows(dimensions))
            {
                continue;
            }

            LocalDate day = Calendar.Date(Calendar.DayOf(row.Hour));
            var key = (new LocalDate(day.Year, day.Month, 1), dimensions["dataType"] ?? "other");
            (Int128 bytes, Int128 downloads) = sums.GetValueOrDefault(key);
            sums[key] = (bytes + row.Quantity, dimensions["download"] == "true" ? downloads + row.Quantity : downloads);
        }

        List<MonthView> months = [];
        for (LocalDate month = First; month <= Last; month = month.PlusMonths(1))
        {
            DataTypeView[] types =
            [
                .. DataTypes.Where(type => sums.ContainsKey((month, type)))
                    .Select(type => View(type, sums[(month, type)])).Where(type => type.Bytes != 0),
            ];
            Int128 all = types.Aggregate(Int128.Zero, (sum, type) => sum + type.Bytes);
            months.Add(new MonthView(month.ToString("uuuu-MM", null), types, Hours(all, UsageHourBytes)));
        }

        return months;
    }

    /// <summary>Bytes as usage hours, rounded half up to six decimals (rule 9.3).</summary>
    public static string Hours(Int128 bytes, long usageHourBytes)
    {
        BigInteger millionths = Rounding.HalfUp((BigInteger)bytes * 1_000_000, usageHourBytes);
        return $"{millionths / 1_000_000}.{(int)(millionths % 1_000_000):D6}";
    }

    // Rule 9.3: a filter by organization or department leaves only what has one.
    private bool Shows(Dimensions dimensions) =>
        (Organization is null && Department is null)
        || (dimensions["dataType"] == Delivery.VodDepartment
            && (Organization is null || dimensions["organization"] == Organization)
            && (Department is null || dimensions["department"] == Department));

    private DataTypeView View(string dataType, (Int128 Bytes, Int128 Downloads) sum) =>
        new(dataType, sum.Bytes, sum.Downloads, Hours(sum.Bytes, UsageHourBytes));
}

/// <summary>A bar of the chart.</summary>
internal sealed record MonthView(string Month, IReadOnlyList<DataTypeView> DataTypes, string Hours);

/// <summary>A part of a bar.</summary>
internal sealed record DataTypeView(string DataType, Int128 Bytes, Int128 DownloadBytes, string Hours);

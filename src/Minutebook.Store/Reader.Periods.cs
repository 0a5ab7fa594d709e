namespace Minutebook.Store;

/// <summary>What a page used on a day, with its class's window: all that settling needs of it.</summary>
/// <param name="Day">The local day, ISO.</param>
/// <param name="Page">The page.</param>
/// <param name="Application">The application.</param>
/// <param name="Class">The class id; null for events without class.</param>
/// <param name="Meter">The meter's name.</param>
/// <param name="Dimensions">The dimensions' key.</param>
/// <param name="Quantity">What is over, in base units.</param>
/// <param name="OpenCount">Open presences.</param>
/// <param name="OpenSum">Sum of the seconds at which they opened.</param>
/// <param name="Start">Start of the class's window, ms; null without one.</param>
/// <param name="End">End of the window, ms; null while it runs.</param>
public readonly record struct DayUsageRow(
    string Day, int Page, string Application, string? Class, string Meter, string Dimensions, Int128 Quantity, long OpenCount, Int128 OpenSum,
    long? Start, long? End);

public sealed partial class Reader
{
    private const int FirstMeter = 6;

    /// <summary>
    /// What an account's pages used on the days in [from, to), ISO, by day, read as it is asked for. One pass over the table: it is there
    /// for whole years of large accounts.
    /// </summary>
    /// <param name="account">Whose.</param>
    /// <param name="from">The first day.</param>
    /// <param name="to">The day after the last.</param>
    /// <param name="whole">Of the days before this one only what is open; null: all.</param>
    /// <param name="meters">Only of these meters, by name; null: of all.</param>
    public IEnumerable<DayUsageRow> DayUsage(string account, string from, string to, string? whole = null, IReadOnlyCollection<string>? meters = null)
    {
        using Statement select = connection.Take(
            "SELECT u.day, u.page, u.application, u.class, u.meter, u.dimensions, u.quantity, u.open_count, u.open_sum, c.started, c.ended "
            + "FROM class_usage u LEFT JOIN classes c ON c.shard = u.shard AND c.account = u.account AND c.page = u.page AND c.type = 0 ",
            "WHERE u.shard = ?1 AND u.account = ?2 AND u.day >= ?3 AND u.day < ?4 AND (u.day >= ?5 OR u.open_count <> 0)"
            + (meters is null ? "" : $" AND u.meter IN ({string.Join(", ", meters.Select((_, at) => $"?{FirstMeter + at}"))})")
            + " ORDER BY u.day, u.page");
        select.Add(Store.ShardOf(account, shards)).Add(account).Add(from).Add(to).Add(whole ?? from);
        foreach (string its in meters ?? [])
        {
            select.Add(its);
        }

        // Neighbouring rows mostly say the same.
        (string? day, string? application, string? meter, string? dimensions) = (null, null, null, null);
        while (select.Next())
        {
            yield return new DayUsageRow(
                day = select.TextLike(day), select.Int(), application = select.TextLike(application), select.TextOrNull(),
                meter = select.TextLike(meter), dimensions = select.TextLike(dimensions), select.Quantity(), select.Long(), select.Quantity(),
                select.LongOrNull(), select.LongOrNull());
        }
    }
}

using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Store;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>Dimensions as rows of the tables name them, as they count on the row's day (rule 3.4). What is said again is the same object again.</summary>
internal sealed class DayDimensions(AccountState account)
{
    private readonly Dictionary<(string Meter, string Key), Dimensions> known = [];
    private readonly int since = account.CategorizedSince is { } day ? Calendar.Number(LocalDatePattern.Iso.Parse(day).Value) : int.MinValue;
    private Dimensions? last;
    private (string? Meter, string? Key) lastNames;

    /// <summary>Those of a row.</summary>
    /// <param name="row">Neighbouring ones that say the same have the same texts.</param>
    /// <param name="day">The row's day by its number.</param>
    public Dimensions Of(in DayUsageRow row, int day)
    {
        if (last is null || !ReferenceEquals(row.Meter, lastNames.Meter) || !ReferenceEquals(row.Dimensions, lastNames.Key))
        {
            lastNames = (row.Meter, row.Dimensions);
            last = Of(row.Meter, row.Dimensions);
        }

        return AsOf(last, day);
    }

    /// <summary>Those with a meter's key, on a day by its number.</summary>
    public Dimensions Of(Meter meter, string key, int day) => AsOf(Of(meter.Name, key), day);

    /// <summary>Deliveries had no categories before the account's first day of them.</summary>
    public Dimensions AsOf(Dimensions its, int day) => day < since && its.Meter == Meter.Delivery ? Delivery.BeforeCategories(its) : its;

    private Dimensions Of(string meter, string key)
    {
        if (!known.TryGetValue((meter, key), out Dimensions? its))
        {
            known[(meter, key)] = its = Dimensions.FromKey(Meter.Named(meter)!, key);
        }

        return its;
    }
}

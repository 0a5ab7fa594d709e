using System.Text;

namespace Minutebook.Core.Metering;

/// <summary>What a user used of a class on a local day; all events without a user are one (rule 4.1).</summary>
/// <param name="User">The user id, or null.</param>
/// <param name="Day">The local day on which it happened or opened, as days since 1970-01-01.</param>
/// <param name="Dimensions">Meter and dimensions.</param>
/// <param name="Quantity">What is over, in base units.</param>
/// <param name="OpenCount">How many presences are open.</param>
/// <param name="OpenSum">The sum of the seconds at which they opened.</param>
public readonly record struct UserUsage(string? User, int Day, Dimensions Dimensions, Int128 Quantity, long OpenCount, Int128 OpenSum);

/// <summary>A page's usage user by user, for rates that are rounded up by participant (rule 4.1). Only its events tell.</summary>
/// <param name="timeZone">The account's zone.</param>
public sealed class ParticipantUsage(string timeZone)
{
    private readonly Calendar calendar = new(timeZone);
    private readonly NumberedDimensions dimensions = new();

    /// <summary>Works a class, or what has none, out from the chunks of its page.</summary>
    /// <param name="history">The settings of its application.</param>
    /// <param name="chunks">Its page's chunks, in order.</param>
    /// <param name="now">The instant, in ms.</param>
    public IReadOnlyList<UserUsage> Of(IReadOnlyList<ApplicationSettings> history, IReadOnlyList<byte[]> chunks, long now)
    {
        Page page = Page.Of(chunks, dimensions.NumberOf);
        new ClassMeter(calendar, new UsageTable(calendar), new PeakMeter(calendar, 0)).Settle(page, history, now, book: false);
        return
        [
            .. Of(page, calendar, now).Select(its => new UserUsage(
                its.User, its.Day, dimensions[its.Dimensions], its.Tally.Quantity, its.Tally.OpenCount, its.Tally.OpenSum)),
        ];
    }

    /// <summary>The same of a page that is settled.</summary>
    internal static IEnumerable<(string? User, int Day, int Dimensions, Tally Tally)> Of(Page page, Calendar calendar, long now)
    {
        for (int i = 0; i < page.ParticipantCount; i++)
        {
            string user = Encoding.UTF8.GetString(page.NameOf(page.ParticipantAt(i)));
            foreach (Piece piece in page.PiecesOf(i).ToArray())
            {
                yield return (user, calendar.DayOf(piece.Hour), piece.Dimensions, new Tally { Quantity = piece.Seconds });
            }

            foreach (OpenPiece open in page.OpenOf(i).ToArray())
            {
                yield return (user, calendar.DayOf(calendar.HourOf(open.From)), open.Dimensions, new Tally { OpenCount = 1, OpenSum = open.From });
            }
        }

        for (int i = 0; i < page.Count; i++)
        {
            Record record = page.RecordAt(i);
            if (record.Voided || record.Time > now || !Page.HasAmounts(record.Kind))
            {
                continue;
            }

            int day = calendar.DayOfMillisecond(record.Time);
            foreach (Amount amount in page.AmountsOf(record).ToArray())
            {
                yield return (page.UserOf(amount), day, amount.Dimensions, new Tally { Quantity = amount.Quantity });
            }
        }
    }
}

/// <summary>Dimensions by numbers, as pages and presence use them: tiers and the whiteboard have fixed ones.</summary>
internal sealed class NumberedDimensions
{
    private readonly List<Dimensions> all = [];
    private readonly Dictionary<Dimensions, int> numbers = [];

    public NumberedDimensions()
    {
        for (int tier = 0; tier < Tiers.Count; tier++)
        {
            NumberOf(new Dimensions(Meter.Av, Tiers.Name((ReceivedTier)tier)));
        }

        NumberOf(Meter.Whiteboard.None);
    }

    public Dimensions this[int number] => all[number];

    public int NumberOf(Dimensions its)
    {
        if (!numbers.TryGetValue(its, out int number))
        {
            number = all.Count;
            all.Add(its);
            numbers.Add(its, number);
        }

        return number;
    }
}

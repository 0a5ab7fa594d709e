using System.Text;
using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>An event of a page, and where the journal has it.</summary>
/// <param name="Index">Its number in the page, in the order of arrival, from 0.</param>
/// <param name="Identity">Who it is.</param>
/// <param name="Time">When it happened, ms.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Voided">A void took it out of the set (rule 1.6).</param>
/// <param name="Position">The position of its group in the journal; 0 where that is not known.</param>
public readonly record struct PageEvent(int Index, UInt128 Identity, long Time, EventKind Kind, bool Voided, long Position);

/// <summary>An event that came again (rule 1.3).</summary>
/// <param name="Position">The position of its group in the journal.</param>
/// <param name="Conflict">It said something else than the first.</param>
public readonly record struct PageRepeat(long Position, bool Conflict);

/// <summary>A page's events in the order in which they came, for looking into figures.</summary>
public sealed class PageHistory
{
    private readonly Page page = new(0, 0, PageKind.Class, "", new PageMemory(), null) { History = new PageArrivals() };
    private readonly List<UInt128> identities = [];
    private readonly List<Dimensions> dimensions = [];

    private PageHistory() { }

    /// <summary>How many events the page has, voided ones included.</summary>
    public int Count => page.Count;

    /// <summary>The event of a number.</summary>
    public PageEvent this[int index]
    {
        get
        {
            ref Record record = ref page.RecordAt(index);
            return new PageEvent(index, identities[index], record.Time, record.Kind, record.Voided, page.History!.PositionOf(index));
        }
    }

    /// <summary>Reads a page from its chunks, in order.</summary>
    public static PageHistory Of(IEnumerable<byte[]> chunks)
    {
        var history = new PageHistory();
        history.page.Read(chunks, history.NumberOf, history.identities);
        return history;
    }

    private int NumberOf(Dimensions its)
    {
        dimensions.Add(its);
        return dimensions.Count - 1;
    }

    /// <summary>The repetitions of an event, in the order in which they came.</summary>
    public IReadOnlyList<PageRepeat> RepeatsOf(int index) => page.History!.RepeatsOf(index);

    /// <summary>Whose event it is, of a participant's; else null.</summary>
    public string? UserOf(int index) => Page.IsParticipants(page.RecordAt(index).Kind)
        ? Encoding.UTF8.GetString(page.NameOf(page.ParticipantAt(page.SlotAt(page.RecordAt(index).Slot).User)))
        : null;

    /// <summary>Whether an event, or a quantity that it tells, is a user's.</summary>
    public bool IsOf(int index, string user) => UserOf(index) == user
        || (Page.HasAmounts(page.RecordAt(index).Kind) && page.AmountsOf(page.RecordAt(index)).ToArray().Any(amount => page.UserOf(amount) == user));

    /// <summary>What an event of a participant is about, audio/video or the whiteboard; null for other events.</summary>
    public Medium? MediumOf(int index) =>
        Page.IsParticipants(page.RecordAt(index).Kind) ? page.SlotAt(page.RecordAt(index).Slot).Medium : null;

    /// <summary>The dimensions of what an event amounts to; of one for a recording's files, those of each. Empty for presence.</summary>
    public IEnumerable<Dimensions> DimensionsOf(int index)
    {
        if (!Page.HasAmounts(page.RecordAt(index).Kind))
        {
            return [];
        }

        return [.. page.AmountsOf(page.RecordAt(index)).ToArray().Select(amount => dimensions[amount.Dimensions])];
    }

    /// <summary>Of a page of voids: the numbers of those that name an event.</summary>
    public IEnumerable<int> VoidsOf(UInt128 target)
    {
        for (int i = 0; i < page.Count; i++)
        {
            if (page.RecordAt(i).Kind == EventKind.EventVoided && page.TargetOf(page.RecordAt(i)) == target)
            {
                yield return i;
            }
        }
    }
}

/// <summary>Where the journal has the events of a page, and those that came again.</summary>
internal sealed class PageArrivals
{
    private readonly List<(int First, long Position)> positions = [];
    private readonly Dictionary<int, List<PageRepeat>> repeats = [];

    public void Add(int record, long position)
    {
        if (positions.Count == 0 || positions[^1].Position != position)
        {
            positions.Add((record, position));
        }
    }

    public void Repeat(int record, long position, bool conflict)
    {
        if (!repeats.TryGetValue(record, out List<PageRepeat>? its))
        {
            repeats.Add(record, its = []);
        }

        its.Add(new PageRepeat(position, conflict));
    }

    public IReadOnlyList<PageRepeat> RepeatsOf(int record) => repeats.TryGetValue(record, out List<PageRepeat>? its) ? its : [];

    /// <summary>The position of the last that was added at the record or before it; the first was added at record 0.</summary>
    public long PositionOf(int record) => positions[~positions.BinarySearch((record, long.MaxValue)) - 1].Position;
}

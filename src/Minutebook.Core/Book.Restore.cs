using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Units;
using NodaTime.Text;

namespace Minutebook.Core;

public sealed partial class Book
{
    /// <summary>Where a section belongs.</summary>
    private readonly record struct Section(string? Course, string? Organization, string? Department);

    private readonly Dictionary<string, Section> sections = new(StringComparer.Ordinal);
    /// <summary>Dimensions as rows have them, and their numbers, while rows are restored: there are few of them and a hundred thousand rows.</summary>
    private readonly Dictionary<(string Meter, string Key), int> numbersOfRows = [];
    private (string Text, int Number) dayOfRow = ("", 0);

    /// <summary>The oldest local day, ISO, whose class by class usage a book needs to be restored.</summary>
    public string OldestDay
    {
        get
        {
            _ = NextCloseAt;
            return DayKey(OldestDayKept());
        }
    }

    /// <summary>Begins to restore from rows: as of an instant, in ms.</summary>
    public void Restore(long now)
    {
        Now = now;
        identities.RestoreAt(Run);
        peaks.Restore(ClassMeter.FloorSecond(now));
        // Which closed days had changed is not stored: looking at one that has not finds nothing to adjust. A void may take back an event
        // of any age, which a month that is still open to a true-up has to give back.
        TouchAllDays();
    }

    /// <summary>Restores a section.</summary>
    public void Restore(in SectionRow row) => sections[row.Section] = new Section(row.Course, row.Organization, row.Department);

    /// <summary>Restores usage of an hour.</summary>
    public void Restore(in UsageRow row) => usage.Restore(
        applicationNumbers[row.Application], NumberOf(row.Meter, row.Dimensions), row.Hour, row.Quantity, 0, 0);

    /// <summary>Restores open presence of an hour.</summary>
    public void Restore(in OpenRow row) => usage.Restore(
        applicationNumbers[row.Application], NumberOf(row.Meter, row.Dimensions), row.Hour, 0, row.Count, row.Sum);

    /// <summary>Restores what a page that is not loaded used on a day.</summary>
    /// <param name="row">The row.</param>
    /// <param name="start">Start of the class's window; null if it has none.</param>
    /// <param name="end">End of the window; null while it runs.</param>
    public void Restore(in ClassUsageRow row, long? start, long? end)
    {
        ClassKey? key = row.Class is null ? null : new ClassKey(row.Application, row.Class, start, end);
        var tally = new Tally { Quantity = row.Quantity, OpenCount = row.OpenCount, OpenSum = row.OpenSum };
        if (row.Day != dayOfRow.Text)
        {
            dayOfRow = (row.Day, Calendar.Number(LocalDatePattern.Iso.Parse(row.Day).Value));
        }

        SetAway(dayOfRow.Number, row.Page, key, row.Application, participants: null, NumberOf(row.Meter, row.Dimensions), tally);
    }

    /// <summary>Restores an issued bill whose periods may still be trued up.</summary>
    public void Restore(Bill bill) => NoteLines(bill);

    /// <summary>Restores what is kept and not applied.</summary>
    public void Restore(in KeptRow row) => kept[row.Identity] = (row.Reason!, row.ReceivedAt, row.Position);

    /// <summary>Ends restoring.</summary>
    public void Restored()
    {
        numbersOfRows.Clear();
        numbersOfRows.TrimExcess();
        Watch();
    }

    /// <summary>Restores an entry of the wallet: its reference stays taken (rule 6.5).</summary>
    public void Restore(in LedgerRow row) => wallet[(row.Kind, row.Reference)] = (Money.Parse(row.Amount), Money.Parse(row.Balance));

    private int NumberOf(string meter, string key)
    {
        if (!numbersOfRows.TryGetValue((meter, key), out int number))
        {
            number = NumberOf(Dimensions.FromKey(Meter.Named(meter)!, key));
            numbersOfRows.Add((meter, key), number);
        }

        return number;
    }
}

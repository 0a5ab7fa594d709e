using System.Text;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;

namespace Minutebook.Core;

public sealed partial class Book
{
    private readonly Dictionary<string, int> applicationNumbers = new(StringComparer.Ordinal);
    private readonly NumberedDimensions dimensions = new();
    private readonly List<Amount> amounts = [];
    private EventBatch? resolved;
    private int resolvedCount;
    private int[] applicationOfText = [];
    private Page?[] pageOfText = [];

    private int NumberOf(Dimensions its) => dimensions.NumberOf(its);

    private Dimensions DimensionsAt(int number) => dimensions[number];

    /// <summary>Forgets what the texts of the last batch meant.</summary>
    private void Resolve(EventBatch batch)
    {
        resolved = batch;
        resolvedCount = batch.TextCount;
        if (applicationOfText.Length < resolvedCount)
        {
            applicationOfText = new int[Math.Max(resolvedCount, applicationOfText.Length * 2)];
            pageOfText = new Page?[applicationOfText.Length];
        }

        // 0 is not looked up yet; a number is kept one higher.
        Array.Clear(applicationOfText, 0, resolvedCount);
        Array.Clear(pageOfText, 0, resolvedCount);
    }

    private int ApplicationOf(EventBatch batch, int text)
    {
        if (applicationOfText[text] == 0)
        {
            applicationOfText[text] = applicationNumbers.TryGetValue(batch.String(text)!, out int number) ? number + 1 : -1;
        }

        return applicationOfText[text] > 0 ? applicationOfText[text] - 1 : -1;
    }

    private Page ClassPage(EventBatch batch, int application, int subject)
    {
        Page? page = pageOfText[subject];
        if (page is null || page.Application != application)
        {
            page = FindClass(batch, application, subject) ?? NewClass(batch.String(subject)!, application, batch.Hash(subject));
            pageOfText[subject] = page;
        }

        return page;
    }

    private Page? FindClass(EventBatch batch, int application, int subject)
    {
        ReadOnlySpan<byte> key = batch.Text(subject);
        for (ulong hash = batch.Hash(subject); classes.TryGetValue((application, hash), out Page? page); hash = unchecked(hash + 1))
        {
            if (page.KeyUtf8.AsSpan().SequenceEqual(key))
            {
                return page;
            }
        }

        return null;
    }

    private Page NewClass(string key, int application, ulong hash)
    {
        Page page = NewPage(application, PageKind.Class, key);
        Register(page, hash);
        return page;
    }

    private void Register(Page page, ulong hash)
    {
        // Two class ids of one hash stand side by side; the second is found behind the first.
        while (!classes.TryAdd((page.Application, hash), page))
        {
            hash = unchecked(hash + 1);
        }
    }

    private Page DayPage(int application, long time)
    {
        int day = DayOf(time);
        if (!days.TryGetValue((application, day), out Page? page))
        {
            days.Add((application, day), page = NewPage(application, PageKind.Day, DayKey(day)));
        }

        return page;
    }

    private Page VoidPage(long time)
    {
        int day = DayOf(time);
        if (!voids.TryGetValue(day, out Page? page))
        {
            voids.Add(day, page = NewPage(-1, PageKind.Voids, DayKey(day)));
        }

        return page;
    }

    private readonly PageMemory memory = new();

    private Page NewPage(int application, PageKind kind, string key)
    {
        var page = new Page(++State.Pages, application, kind, key, memory, DimensionsAt);
        pages.Add(page.Number, page);
        accountChanged = true;
        return page;
    }

    private static int DayOf(long time) => (int)Math.DivRem(time, ClassWindow.Day, out long rest) - (rest < 0 ? 1 : 0);

    private readonly Dictionary<int, string> dayKeys = [];

    private string DayKey(int day)
    {
        if (!dayKeys.TryGetValue(day, out string? key))
        {
            dayKeys.Add(day, key = NodaTime.Text.LocalDatePattern.Iso.Format(Calendar.Date(day)));
        }

        return key;
    }

    /// <summary>What an event that is not presence amounts to.</summary>
    private ReadOnlySpan<Amount> AmountsOf(EventBatch batch, in EventRow row)
    {
        amounts.Clear();
        switch (row.Kind)
        {
            case EventKind.RecordingCompleted:
                foreach (FileRow file in batch.Files(row))
                {
                    amounts.Add(new Amount(RecordingOf(file.Kind), file.Seconds, file.User));
                }

                break;
            case EventKind.PlaybackViewed:
                amounts.Add(new Amount(NumberOf(Meter.Playback.None), row.Quantity, row.User));
                break;
            case EventKind.SlicingCompleted:
                amounts.Add(new Amount(SlicingOf((SlicingMode)row.Mode), row.Quantity));
                break;
            case EventKind.ScreenshotCaptured:
                amounts.Add(new Amount(NumberOf(Meter.Screenshot.None), row.Quantity, row.User));
                break;
            case EventKind.StorageSampled:
                amounts.Add(new Amount(NumberOf(Meter.Storage.None), row.Quantity));
                break;
            case EventKind.ContentDelivered:
                amounts.Add(new Amount(DeliveryOf(batch, row), row.Quantity, row.User));
                break;
            default:
                return [];
        }

        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(amounts);
    }

    private readonly int[] recordings = [-1, -1, -1, -1, -1];
    private readonly int[] slicings = [-1, -1];

    private int RecordingOf(RecordingKind kind) => recordings[(int)kind] >= 0 ? recordings[(int)kind]
        : recordings[(int)kind] = NumberOf(new Dimensions(Meter.Recording, Encoding.UTF8.GetString(Words.Of(kind))));

    private int SlicingOf(SlicingMode mode) => slicings[(int)mode] >= 0 ? slicings[(int)mode]
        : slicings[(int)mode] = NumberOf(new Dimensions(Meter.Slicing, Encoding.UTF8.GetString(Words.Of(mode))));

    /// <summary>Where a delivery belongs, by itself or else by its section as it is at its arrival, field by field (rule 3.4).</summary>
    private int DeliveryOf(EventBatch batch, in EventRow row)
    {
        string? organization = batch.String(row.B);
        string? department = batch.String(row.C);
        if (row.A >= 0 && (organization is null || department is null) && sections.TryGetValue(batch.String(row.A)!, out Section section))
        {
            organization ??= section.Organization;
            department ??= section.Department;
        }

        return NumberOf(Delivery.DimensionsOf((DeliveryKind)row.Mode, organization, department));
    }
}

using Minutebook.Core.Events;
using NodaTime;
using static Minutebook.Core.Events.UsageEvent;

namespace Minutebook.Core.Tests.Events;

/// <summary>From a row of a batch back to the plain form of its event.</summary>
internal static class PlainForm
{
    /// <summary>The plain form of an event of a batch.</summary>
    public static UsageEvent ToEvent(this EventBatch batch, int index)
    {
        EventRow row = batch[index];
        string source = batch.Said(row.Source), id = batch.Said(row.Id), application = batch.Said(row.Application);
        string subject = batch.Said(row.Subject), user = batch.Said(row.User), name = batch.Said(row.Name);
        Instant time = Instant.FromUnixTimeMilliseconds(row.Time);
        return row.Kind switch
        {
            EventKind.Unknown => new Unknown(source, id, time, application, name, batch.Said(row.A)),
            EventKind.ClassStarted => new ClassStarted(source, id, time, application, subject, batch.String(row.Name)),
            EventKind.ClassEnded => new ClassEnded(source, id, time, application, subject),
            EventKind.ParticipantJoined => new ParticipantJoined(source, id, time, application, subject,
                user, batch.String(row.Role), batch.Said(row.Connection), (Medium)row.Mode),
            EventKind.ParticipantLeft => new ParticipantLeft(source, id, time, application, subject,
                user, batch.String(row.Role), batch.Said(row.Connection), (Medium)row.Mode,
                row.Quantity == EventRow.NoQuantity ? null : Instant.FromUnixTimeMilliseconds(row.Quantity)),
            EventKind.ParticipantReceiving => new ParticipantReceiving(
                source, id, time, application, subject, user, batch.Said(row.Connection), row.Quantity),
            EventKind.RecordingCompleted => new RecordingCompleted(source, id, time, application, subject, name, Files(batch, row)),
            EventKind.PlaybackViewed => new PlaybackViewed(source, id, time, application, subject, name, user, row.Quantity),
            EventKind.SlicingCompleted => new SlicingCompleted(source, id, time, application, subject, name,
                (SlicingMode)row.Mode, row.Quantity, row.Stored == 0 ? null : row.Stored == 2),
            EventKind.ScreenshotCaptured => new ScreenshotCaptured(
                source, id, time, application, batch.String(row.Subject), row.Quantity, batch.String(row.User)),
            EventKind.StorageSampled => new StorageSampled(source, id, time, application, row.Quantity),
            EventKind.ContentDelivered => new ContentDelivered(source, id, time, application, batch.String(row.Subject),
                row.Quantity, (DeliveryKind)row.Mode, batch.String(row.A), batch.String(row.B), batch.String(row.C), batch.String(row.User)),
            EventKind.EventVoided => new EventVoided(
                source, id, time, application, batch.Said(row.A), batch.Said(row.B), batch.String(row.C)),
        };
    }

    private static RecordedFile[] Files(EventBatch batch, EventRow row)
    {
        ReadOnlySpan<FileRow> rows = batch.Files(row);
        var files = new RecordedFile[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            FileRow file = rows[i];
            files[i] = new RecordedFile(
                file.Kind, file.Seconds, batch.String(file.User), file.Bytes == EventRow.NoQuantity ? null : file.Bytes);
        }

        return files;
    }

    private static string Said(this EventBatch batch, int text) => batch.String(text) ?? "";
}

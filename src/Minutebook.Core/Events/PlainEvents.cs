using System.Text;
using NodaTime;
using static Minutebook.Core.Events.UsageEvent;

namespace Minutebook.Core.Events;

/// <summary>From the plain form of an event to a row of a batch, and back. An empty optional text is as if left out.</summary>
public static class PlainEvents
{
    /// <summary>
    /// Adds an event. Times are cut to the millisecond (rule 1.1). Nothing is checked: connectors hand over what they have checked.
    /// </summary>
    public static void Add(this EventBatch batch, UsageEvent happened)
    {
        int source = batch.Intern(happened.Source), id = batch.Keep(Encoding.UTF8.GetBytes(happened.Id));
        int application = batch.Intern(happened.Application);
        ref EventRow row = ref batch.Add();
        (row.Source, row.Id, row.Application, row.Time) = (source, id, application, happened.Time.ToUnixTimeMilliseconds());
        batch.Identify(ref row);
        switch (happened)
        {
            case ClassStarted e:
                (row.Kind, row.Subject, row.Name) = (EventKind.ClassStarted, batch.Intern(e.Class), batch.Optional(e.Name));
                break;
            case ClassEnded e:
                (row.Kind, row.Subject) = (EventKind.ClassEnded, batch.Intern(e.Class));
                break;
            case ParticipantJoined e:
                row.Kind = EventKind.ParticipantJoined;
                Participant(batch, ref row, e.Class, e.User, e.Connection, e.Role, e.Medium);
                break;
            case ParticipantLeft e:
                row.Kind = EventKind.ParticipantLeft;
                Participant(batch, ref row, e.Class, e.User, e.Connection, e.Role, e.Medium);
                row.Quantity = e.JoinedAt?.ToUnixTimeMilliseconds() ?? EventRow.NoQuantity;
                break;
            case ParticipantReceiving e:
                row.Kind = EventKind.ParticipantReceiving;
                Participant(batch, ref row, e.Class, e.User, e.Connection, null, Medium.Av);
                row.Quantity = e.Pixels;
                break;
            case Unknown e:
                (row.Kind, row.Name) = (EventKind.Unknown, batch.Intern(e.Type));
                row.A = batch.Keep(Encoding.UTF8.GetBytes(e.Json));
                break;
            default:
                AddRarer(batch, ref row, happened);
                break;
        }
    }

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

    private static void AddRarer(EventBatch batch, ref EventRow row, UsageEvent happened)
    {
        switch (happened)
        {
            case RecordingCompleted e:
                (row.Kind, row.Subject, row.Name) = (EventKind.RecordingCompleted, batch.Intern(e.Class), batch.Intern(e.Recording));
                foreach (RecordedFile file in e.Files)
                {
                    batch.AddFile(new FileRow(file.Kind, file.Seconds, batch.Optional(file.User), file.Bytes ?? EventRow.NoQuantity));
                }

                break;
            case PlaybackViewed e:
                (row.Kind, row.Subject, row.Name) = (EventKind.PlaybackViewed, batch.Intern(e.Class), batch.Intern(e.Recording));
                (row.User, row.Quantity) = (batch.Intern(e.User), e.Seconds);
                break;
            case SlicingCompleted e:
                (row.Kind, row.Subject, row.Name) = (EventKind.SlicingCompleted, batch.Intern(e.Class), batch.Intern(e.Task));
                (row.Mode, row.Quantity) = ((byte)e.Mode, e.Seconds);
                row.Stored = e.Stored is bool stored ? (byte)(stored ? 2 : 1) : (byte)0;
                break;
            case ScreenshotCaptured e:
                (row.Kind, row.Subject, row.User) = (EventKind.ScreenshotCaptured, batch.Optional(e.Class), batch.Optional(e.User));
                row.Quantity = e.Count;
                break;
            case StorageSampled e:
                (row.Kind, row.Quantity) = (EventKind.StorageSampled, e.Bytes);
                break;
            case ContentDelivered e:
                (row.Kind, row.Mode, row.Quantity) = (EventKind.ContentDelivered, (byte)e.Kind, e.Bytes);
                (row.Subject, row.User) = (batch.Optional(e.Content), batch.Optional(e.User));
                (row.A, row.B, row.C) = (batch.Optional(e.Section), batch.Optional(e.Organization), batch.Optional(e.Department));
                break;
            case EventVoided e:
                (row.Kind, row.A, row.C) = (EventKind.EventVoided, batch.Intern(e.TargetSource), batch.Optional(e.TargetSubject));
                row.B = batch.Keep(Encoding.UTF8.GetBytes(e.TargetId));
                break;
        }
    }

    private static void Participant(
        EventBatch batch, ref EventRow row, string subject, string user, string connection, string? role, Medium medium)
    {
        (row.Subject, row.User) = (batch.Intern(subject), batch.Intern(user));
        (row.Connection, row.Role, row.Mode) = (batch.Optional(connection), batch.Optional(role), (byte)medium);
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

    private static int Optional(this EventBatch batch, string? text) => string.IsNullOrEmpty(text) ? EventRow.None : batch.Intern(text);

    private static string Said(this EventBatch batch, int text) => batch.String(text) ?? "";
}

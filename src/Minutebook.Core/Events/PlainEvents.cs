using System.Text;
using NodaTime;
using static Minutebook.Core.Events.UsageEvent;

namespace Minutebook.Core.Events;

/// <summary>From the plain form of an event to a row of a batch. An empty optional text is as if left out.</summary>
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

    private static int Optional(this EventBatch batch, string? text) => string.IsNullOrEmpty(text) ? EventRow.None : batch.Intern(text);
}

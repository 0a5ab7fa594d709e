using System.Text;
using Minutebook.Core.Events;

namespace Minutebook.Server;

/// <summary>Puts an event in its plain form into a batch, as <see cref="EventRow"/>'s table has it.</summary>
internal static class EventRows
{
    public static void Add(EventBatch batch, UsageEvent one)
    {
        ref EventRow row = ref batch.Add();
        row.Source = batch.Intern(one.Source);
        row.Id = batch.Keep(Encoding.UTF8.GetBytes(one.Id));
        row.Application = batch.Intern(one.Application);
        row.Time = one.Time.ToUnixTimeMilliseconds();
        Fill(batch, ref row, one);
        batch.Identify(ref row);
    }

    private static void Fill(EventBatch batch, ref EventRow row, UsageEvent one)
    {
        switch (one)
        {
            case UsageEvent.ClassStarted it:
                Of(batch, ref row, EventKind.ClassStarted, it.Class, name: it.Name);
                break;
            case UsageEvent.ClassEnded it:
                Of(batch, ref row, EventKind.ClassEnded, it.Class);
                break;
            case UsageEvent.ParticipantJoined it:
                Of(batch, ref row, EventKind.ParticipantJoined, it.Class, it.User);
                Stay(batch, ref row, it.Role, it.Connection, it.Medium);
                break;
            case UsageEvent.ParticipantLeft it:
                Of(batch, ref row, EventKind.ParticipantLeft, it.Class, it.User, quantity: it.JoinedAt?.ToUnixTimeMilliseconds());
                Stay(batch, ref row, it.Role, it.Connection, it.Medium);
                break;
            case UsageEvent.ParticipantReceiving it:
                Of(batch, ref row, EventKind.ParticipantReceiving, it.Class, it.User, quantity: it.Pixels);
                Stay(batch, ref row, null, it.Connection, Medium.Av);
                break;
            default:
                FillOther(batch, ref row, one);
                break;
        }
    }

    private static void FillOther(EventBatch batch, ref EventRow row, UsageEvent one)
    {
        switch (one)
        {
            case UsageEvent.RecordingCompleted it:
                Of(batch, ref row, EventKind.RecordingCompleted, it.Class, name: it.Recording);
                Files(batch, it.Files);
                break;
            case UsageEvent.PlaybackViewed it:
                Of(batch, ref row, EventKind.PlaybackViewed, it.Class, it.User, it.Recording, it.Seconds);
                break;
            case UsageEvent.SlicingCompleted it:
                Of(batch, ref row, EventKind.SlicingCompleted, it.Class, name: it.Task, quantity: it.Seconds);
                row.Mode = (byte)it.Mode;
                row.Stored = (byte)(it.Stored switch { null => 0, false => 1, true => 2 });
                break;
            case UsageEvent.ScreenshotCaptured it:
                Of(batch, ref row, EventKind.ScreenshotCaptured, it.Class, it.User, quantity: it.Count);
                break;
            case UsageEvent.StorageSampled it:
                Of(batch, ref row, EventKind.StorageSampled, quantity: it.Bytes);
                break;
            case UsageEvent.ContentDelivered it:
                Of(batch, ref row, EventKind.ContentDelivered, it.Content, it.User, quantity: it.Bytes);
                row.Mode = (byte)it.Kind;
                Three(batch, ref row, it.Section, it.Organization, it.Department);
                break;
            case UsageEvent.EventVoided it:
                Of(batch, ref row, EventKind.EventVoided);
                Three(batch, ref row, it.TargetSource, it.TargetId, it.TargetSubject);
                break;
            case UsageEvent.Unknown it:
                Of(batch, ref row, EventKind.Unknown, name: it.Type);
                row.A = batch.Keep(Encoding.UTF8.GetBytes(it.Json));
                break;
            default:
                throw new InvalidOperationException($"No row for {one.GetType().Name}.");
        }
    }

    private static void Of(
        EventBatch batch, ref EventRow row, EventKind kind, string? subject = null, string? user = null, string? name = null, long? quantity = null)
    {
        row.Kind = kind;
        row.Subject = batch.Intern(subject);
        row.User = batch.Intern(user);
        row.Name = batch.Intern(name);
        row.Quantity = quantity ?? EventRow.NoQuantity;
    }

    private static void Stay(EventBatch batch, ref EventRow row, string? role, string connection, Medium medium)
    {
        row.Role = batch.Intern(role);
        row.Connection = connection.Length == 0 ? EventRow.None : batch.Intern(connection);
        row.Mode = (byte)medium;
    }

    private static void Three(EventBatch batch, ref EventRow row, string? a, string? b, string? c)
    {
        row.A = batch.Intern(a);
        row.B = batch.Intern(b);
        row.C = batch.Intern(c);
    }

    private static void Files(EventBatch batch, IReadOnlyList<RecordedFile> files)
    {
        foreach (RecordedFile file in files)
        {
            batch.AddFile(new FileRow(file.Kind, file.Seconds, batch.Intern(file.User), file.Bytes ?? EventRow.NoQuantity));
        }
    }
}

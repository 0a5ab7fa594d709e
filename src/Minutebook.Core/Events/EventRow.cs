namespace Minutebook.Core.Events;

/// <summary>
/// One event of an <see cref="EventBatch"/>, in fixed fields. A text is a number into the batch's texts, <see cref="None"/> where
/// there is none. Which fields a kind uses:
/// <code>
/// kind                  Subject   User Connection Role Name       Quantity          Mode          A, B, C
/// class.started         class                          class name
/// class.ended           class
/// participant.joined    class     user connection role                              Medium
/// participant.left      class     user connection role            joinedAt, ms      Medium
/// participant.receiving class     user connection                 pixels
/// recording.completed   class                          recording                                  (files: FirstFile, FileCount)
/// playback.viewed       class     user                 recording  seconds
/// slicing.completed     class                          task       seconds           SlicingMode
/// screenshot.captured   class?    user?                           sheets
/// storage.sampled                                                 bytes
/// content.delivered     content?  user?                           bytes             DeliveryKind  section?, organization?, department?
/// event.voided                                                                                    source, id, subject? of its target
/// unknown               subject?                       type                                       A: the event's JSON
/// </code>
/// </summary>
public struct EventRow
{
    /// <summary>The number of no text, and of a <see cref="Quantity"/> that was not given (a leave without <c>joinedAt</c>).</summary>
    public const int None = -1;

    /// <summary>A <see cref="Quantity"/> that was not given.</summary>
    public const long NoQuantity = long.MinValue;

    /// <summary>Hash of source and id: who it is (rule 1.3).</summary>
    public UInt128 Identity;
    /// <summary>When it happened, in milliseconds since 1970-01-01T00:00:00Z (rule 1.1).</summary>
    public long Time;
    /// <summary>The number that the kind carries; see the table.</summary>
    public long Quantity;
    /// <summary>CloudEvents source.</summary>
    public int Source;
    /// <summary>CloudEvents id.</summary>
    public int Id;
    /// <summary>The application.</summary>
    public int Application;
    /// <summary>The class or content.</summary>
    public int Subject;
    /// <summary>The user.</summary>
    public int User;
    /// <summary>The connection; <see cref="None"/> is the empty one.</summary>
    public int Connection;
    /// <summary>The role, as the source says it.</summary>
    public int Role;
    /// <summary>A name; see the table.</summary>
    public int Name;
    /// <summary>See the table.</summary>
    public int A;
    /// <summary>See the table.</summary>
    public int B;
    /// <summary>See the table.</summary>
    public int C;
    /// <summary>The first of its files among the batch's.</summary>
    public int FirstFile;
    /// <summary>How many files it has.</summary>
    public int FileCount;
    /// <summary>What it is.</summary>
    public EventKind Kind;
    /// <summary>Medium, slicing mode or kind of delivery, as a number.</summary>
    public byte Mode;
    /// <summary><c>stored</c> of a slicing: 0 not said, 1 no, 2 yes. Not metered.</summary>
    public byte Stored;
}

/// <summary>One file of a recording in an <see cref="EventBatch"/>.</summary>
/// <param name="Kind">What it shows.</param>
/// <param name="Seconds">Its length.</param>
/// <param name="User">Text: whose it is, or <see cref="EventRow.None"/>.</param>
/// <param name="Bytes">Its size, or <see cref="EventRow.NoQuantity"/>.</param>
public readonly record struct FileRow(RecordingKind Kind, long Seconds, int User, long Bytes);

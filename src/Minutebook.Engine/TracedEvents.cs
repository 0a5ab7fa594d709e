using System.Security.Cryptography;
using System.Text;

namespace Minutebook.Engine;

/// <summary>
/// Many events in their canonical order: by time, source and id, texts by their UTF-8. They lie in a file that nobody else can open and that
/// goes with this; in memory is where each stands.
/// </summary>
public sealed class TracedEvents : IDisposable
{
    // An open file has no name any more; it goes when it is closed.
    private readonly FileStream file;
    private readonly Place[] places;

    private TracedEvents(FileStream file, Place[] places) => (this.file, this.places) = (file, places);

    private readonly record struct Place(long Time, long Offset, int Length);

    /// <summary>How many there are.</summary>
    public int Count => places.Length;

    /// <summary>SHA-256 over each event's line of JSON and a line feed.</summary>
    public string Digest { get; private init; } = "";

    /// <summary>Takes events in any order.</summary>
    public static TracedEvents Of(IEnumerable<TracedEvent> events)
    {
        FileStream file = Unnamed();
        try
        {
            Place[] inOrder = InOrder(file, Written(file, events));
            return new TracedEvents(file, inOrder) { Digest = DigestOf(file, inOrder) };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file; nothing of them can be read any more.</summary>
    public void Dispose() => file.Dispose();

    /// <summary>Some of them, after so many.</summary>
    public IReadOnlyList<TracedEvent> Some(int skip, int limit) => [.. places.Skip(skip).Take(limit).Select(place => Read(file, place))];

    private static List<Place> Written(FileStream file, IEnumerable<TracedEvent> events)
    {
        var places = new List<Place>();
        using (var to = new BinaryWriter(file, Encoding.UTF8, leaveOpen: true))
        {
            foreach (TracedEvent one in events)
            {
                long offset = file.Position;
                Write(to, one);
                places.Add(new Place(one.Time, offset, (int)(file.Position - offset)));
            }
        }

        file.Flush();
        return places;
    }

    private static FileStream Unnamed()
    {
        string path = Path.Combine(Path.GetTempPath(), $"minutebook-events-{Path.GetRandomFileName()}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.DeleteOnClose,
        };
        if (OperatingSystem.IsWindows())
        {
            return new FileStream(path, options);
        }

        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);
        // Also when the process is killed.
        File.Delete(path);
        return file;
    }

    /// <summary>Only events of one millisecond are told apart by their texts, which are read for that.</summary>
    private static Place[] InOrder(FileStream file, List<Place> places)
    {
        Place[] all = [.. places];
        Array.Sort(all, static (left, right) => left.Time != right.Time ? left.Time.CompareTo(right.Time) : left.Offset.CompareTo(right.Offset));
        for (int from = 0, to; from < all.Length; from = to)
        {
            for (to = from + 1; to < all.Length && all[to].Time == all[from].Time;)
            {
                to++;
            }

            if (to - from > 1)
            {
                Place[] same = all[from..to];
                Array.Sort([.. same.Select(place => TextsOf(Read(file, place)))], same, Texts);
                same.CopyTo(all, from);
            }
        }

        return all;
    }

    private static readonly Comparer<(byte[] Source, byte[] Id)> Texts = Comparer<(byte[] Source, byte[] Id)>.Create(static (left, right) =>
        left.Source.AsSpan().SequenceCompareTo(right.Source) is not 0 and var order ? order : left.Id.AsSpan().SequenceCompareTo(right.Id));

    private static (byte[] Source, byte[] Id) TextsOf(TracedEvent its) => (Encoding.UTF8.GetBytes(its.Source), Encoding.UTF8.GetBytes(its.Id));

    private static string DigestOf(FileStream file, Place[] places)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Place place in places)
        {
            hash.AppendData(Read(file, place).Json);
            hash.AppendData("\n"u8);
        }

        return $"sha256:{Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private static void Write(BinaryWriter to, TracedEvent its)
    {
        to.Write(its.Time);
        to.Write(its.ReceivedAt);
        to.Write(its.Source);
        to.Write(its.Id);
        to.Write(its.User is not null);
        to.Write(its.User ?? "");
        to.Write(its.Json.Length);
        to.Write(its.Json);
    }

    private static TracedEvent Read(FileStream file, in Place place)
    {
        byte[] bytes = new byte[place.Length];
        for (int read = 0; read < bytes.Length;)
        {
            int some = RandomAccess.Read(file.SafeFileHandle, bytes.AsSpan(read), place.Offset + read);
            read += some > 0 ? some : throw new EndOfStreamException("The file of a line's events ends too early.");
        }

        using var from = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        (long time, long receivedAt, string source, string id) = (from.ReadInt64(), from.ReadInt64(), from.ReadString(), from.ReadString());
        (bool hasUser, string user) = (from.ReadBoolean(), from.ReadString());
        return new TracedEvent(time, receivedAt, source, id, hasUser ? user : null, from.ReadBytes(from.ReadInt32()));
    }
}

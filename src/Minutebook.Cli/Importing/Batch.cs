namespace Minutebook.Cli.Importing;

/// <summary>Events on their way to the server, one a line, in a buffer that is used again.</summary>
internal sealed class Batch
{
    /// <summary>Well below the server's limits, well above what a request costs.</summary>
    public const int MostEvents = 4_000;
    public const int MostBytes = 4 * 1024 * 1024;

    public byte[] Bytes { get; } = new byte[MostBytes];

    public int Length { get; set; }

    public int Events { get; set; }

    /// <summary>Whether the answer is to come when the events also show in usage.</summary>
    public bool Wait { get; set; }

    /// <summary>Its place among the batches of its file, from 0.</summary>
    public long Number { get; set; }

    /// <summary>Where the events came from; null for those that come from no file.</summary>
    public BatchOrigin? Origin { get; set; }

    public ReadOnlyMemory<byte> Lines => Bytes.AsMemory(0, Length);

    public void Clear()
    {
        Length = 0;
        Events = 0;
        Wait = false;
        Origin = null;
    }
}

/// <summary>The part of a file that a batch holds.</summary>
/// <param name="File">Its path.</param>
/// <param name="FirstLine">Line of the first event, from 1.</param>
/// <param name="BlanksBefore">For each blank line left out, how many of the batch's events came before it.</param>
/// <param name="After">Where to go on once the batch is acknowledged.</param>
internal sealed record BatchOrigin(string File, long FirstLine, IReadOnlyList<int> BlanksBefore, ImportMark After)
{
    public long LineOf(int index) => FirstLine + index + BlanksBefore.Count(before => before <= index);
}

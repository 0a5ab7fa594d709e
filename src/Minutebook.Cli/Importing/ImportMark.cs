using System.Text.Json;

namespace Minutebook.Cli.Importing;

/// <summary>How far a file has been acknowledged. Offsets count unpacked bytes.</summary>
/// <param name="Server">Who acknowledged it; another server starts from the beginning.</param>
/// <param name="Offset">Everything before it has been acknowledged.</param>
/// <param name="Line">The line that starts there, from 1.</param>
/// <param name="Events">How many events came before it.</param>
/// <param name="LastOffset">Where the last acknowledged event's line starts.</param>
/// <param name="LastHash">SHA-256 of that line: tells whether it is still the same file.</param>
internal sealed record ImportMark(string Server, long Offset, long Line, long Events, long LastOffset, string LastHash)
{
    public static ImportMark Start(string server) => new(server, 0, 1, 0, 0, "");

    public static string PathFor(string file, string? directory)
    {
        string name = Path.GetFileName(file) + ".minutebook-import";
        return Path.Combine(directory ?? Path.GetDirectoryName(Path.GetFullPath(file))!, name);
    }

    /// <summary>The mark kept in that file; null where there is none that can be used.</summary>
    public static ImportMark? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<ImportMark>(File.ReadAllBytes(path), JsonSerializerOptions.Web) : null;
        }
        catch (JsonException)
        {
            // A mark is a convenience: without it the events are sent again and recognised as duplicates.
            return null;
        }
    }

    /// <summary>Replaces the file at once, so that a kill leaves the old mark or the new one.</summary>
    public void Write(string path)
    {
        string fresh = path + ".new";
        using (FileStream stream = File.Create(fresh))
        {
            JsonSerializer.Serialize(stream, this, JsonSerializerOptions.Web);
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }
}

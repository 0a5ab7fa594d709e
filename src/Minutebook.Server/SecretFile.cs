using System.Text;

namespace Minutebook.Server;

/// <summary>A file with one secret, readable by its owner alone.</summary>
internal static class SecretFile
{
    /// <summary>Reads it; the first time it is made, whole or not at all.</summary>
    public static string ReadOrMake(string path, Func<string> make)
    {
        // As a container's mount of a file makes it that is not there.
        if (Directory.Exists(path))
        {
            throw new InvalidDataException($"{path} is a directory. Put the file in its place, or remove it to have a new one made.");
        }

        if (!File.Exists(path))
        {
            string draft = $"{path}.{Environment.ProcessId}";
            Write(draft, make());
            MoveUnlessThere(draft, path);
        }

        string secret = File.ReadAllText(path).Trim();
        return secret.Length > 0 ? secret : throw new InvalidDataException($"{path} is empty. Restore it, or remove it to have a new one made.");
    }

    // Another process that starts on the same directory may have been quicker.
    private static void MoveUnlessThere(string draft, string path)
    {
        try
        {
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }

    private static void Write(string path, string secret)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(secret + "\n"));
        file.Flush(flushToDisk: true);
    }
}

using System.Runtime.InteropServices;

namespace Minutebook.Store;

/// <summary>The directory of a store, held by one process at a time.</summary>
internal sealed class StoreDirectory : IDisposable
{
    private readonly FileStream held;

    private StoreDirectory(string path, FileStream held)
    {
        Path = path;
        this.held = held;
    }

    public string Path { get; }

    public static StoreDirectory Hold(string directory)
    {
        string path = System.IO.Path.GetFullPath(directory);
        try
        {
            Create(path);
            string name = System.IO.Path.Combine(path, "lock");
            CreateFile(name);
            return new StoreDirectory(path, Lock(path, name));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                $"The store's directory {path} cannot be used: {failure.Message} See that the user who runs this may write there.", failure);
        }
    }

    /// <summary>The path of a file of it, which is there from now on, readable by its owner alone. SQLite gives the same rights to
    /// the files that it puts beside it.</summary>
    public string FileOf(string name)
    {
        string path = System.IO.Path.Combine(Path, name);
        CreateFile(path);
        return path;
    }

    /// <summary>Makes the names of files that were just created as durable as what will be written to them.</summary>
    public void SyncNames()
    {
        Sync(Path);
        Sync(System.IO.Path.GetDirectoryName(Path));
    }

    public void Dispose() => held.Dispose();

    private static FileStream Lock(string path, string name)
    {
        try
        {
            return new FileStream(name, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure)
        {
            throw new StoreInUseException(
                $"The store in {path} is open already, here or in another process, which holds {name}. Stop that first, or choose another "
                + "directory.",
                failure);
        }
    }

    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void CreateFile(string path)
    {
        if (File.Exists(path))
        {
            return;
        }

        FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        new FileStream(path, options).Dispose();
    }

    // The runtime has no call that syncs a directory.
    private static void Sync(string? directory)
    {
        if (!OperatingSystem.IsLinux() || directory is null)
        {
            return;
        }

        int descriptor = open(directory, 0);
        if (descriptor >= 0)
        {
            _ = fsync(descriptor);
            _ = close(descriptor);
        }
    }

#pragma warning disable IDE1006, SYSLIB1054, CA2101, CA5392 // libc's names; marshalling at run time, once at start
    [DllImport("libc", CharSet = CharSet.Ansi)]
    private static extern int open(string path, int flags);

    [DllImport("libc")]
    private static extern int fsync(int descriptor);

    [DllImport("libc")]
    private static extern int close(int descriptor);
#pragma warning restore IDE1006, SYSLIB1054, CA2101, CA5392
}

using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace Minutebook.Tests;

/// <summary>A disk of a few mebibytes, in memory. Only root may mount one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static bool IsPossible { get; } = Try();

    public static SmallDisk OfMebibytes(int size)
    {
        string path = Directory.CreateTempSubdirectory("minutebook-disk-").FullName;
        Assert.True(Run("mount", "-t", "tmpfs", "-o", $"size={size}m", "tmpfs", path), "The small disk cannot be mounted.");
        return new SmallDisk(path);
    }

    /// <summary>Takes room, until the file is deleted.</summary>
    public string Ballast(int mebibytes)
    {
        string file = System.IO.Path.Combine(Path, "ballast");
        File.WriteAllBytes(file, new byte[mebibytes << 20]);
        return file;
    }

    public void Dispose()
    {
        Assert.True(Run("umount", "-l", Path));
        Directory.Delete(Path);
    }

    private static bool Try()
    {
        string path = Directory.CreateTempSubdirectory("minutebook-disk-").FullName;
        bool mounted = Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path) && Run("umount", "-l", path);
        Directory.Delete(path);
        return mounted;
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>A test on a small disk. Where none can be mounted it is shown as not run; the same failure, injected, is tested everywhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.IsPossible ? null! : "waits for root, who may mount a small disk";
}

using Minutebook.Store;

namespace Minutebook.Engine.Tests.Storing;

/// <summary>A directory for one test, gone after it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("minutebook-").FullName;

    public Store.Store Open(int shards = 4) => Store.Store.Open(new StoreOptions { Directory = Path, Shards = shards });

    /// <summary>The files as a kill at this moment would leave them.</summary>
    public TemporaryDirectory Copy()
    {
        TemporaryDirectory copy = new();
        foreach (string file in Directory.GetFiles(Path, "*.db*"))
        {
            File.Copy(file, System.IO.Path.Combine(copy.Path, System.IO.Path.GetFileName(file)));
        }

        return copy;
    }

    public string FileOf(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

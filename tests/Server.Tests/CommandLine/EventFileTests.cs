using System.IO.Compression;
using System.Text;
using Minutebook.Cli;
using Minutebook.Cli.Importing;
using Xunit;

namespace Minutebook.Server.Tests.CommandLine;

public sealed class EventFileTests : IDisposable
{
    private const string Server = "http://127.0.0.1:8080/";
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-test-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void Every_event_of_a_file_comes_once_and_in_its_order()
    {
        string[] lines = Lines(9_001);
        Assert.Equal(lines, Read(Write(string.Join('\n', lines)), null).SelectMany(batch => batch.Lines));
    }

    [Fact]
    public void Gzip_of_several_members_reads_like_the_plain_file()
    {
        string[] lines = Lines(5_000);
        string path = Path.Combine(directory, "events.gz");
        using (FileStream file = File.Create(path))
        {
            foreach (string[] part in lines.Chunk(1_700))
            {
                using GZipStream gzip = new(file, CompressionLevel.Fastest, leaveOpen: true);
                gzip.Write(Encoding.UTF8.GetBytes(string.Join('\n', part) + "\n"));
            }
        }

        Assert.Equal(lines, Read(path, null).SelectMany(batch => batch.Lines));
    }

    [Fact]
    public void A_refused_event_is_named_by_its_line_with_blank_lines_before_it()
    {
        string path = Write("\uFEFF\n{\"a\":0}\n\n \r\n{\"a\":1}\n{\"a\":2}\n\n{\"a\":3}");
        BatchOrigin origin = Assert.Single(Read(path, null)).Origin;

        Assert.Equal([2, 5, 6, 8], Enumerable.Range(0, 4).Select(origin.LineOf));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_interrupted_import_goes_on_after_what_was_acknowledged(bool gzip)
    {
        string[] lines = Lines(10_000);
        string path = Write(string.Join("\n\n", lines), gzip);
        ImportMark mark = Read(path, null)[0].Origin.After;

        Assert.Equal(lines[(int)mark.Events..], Read(path, mark).SelectMany(batch => batch.Lines));
    }

    [Fact]
    public void Another_file_under_the_same_name_and_another_server_start_at_the_beginning()
    {
        string[] lines = Lines(6_000);
        string path = Write(string.Join('\n', lines));
        ImportMark mark = Read(path, null)[0].Origin.After;

        Assert.Equal(6_000, Read(path, mark with { Server = "http://elsewhere/" }).Sum(batch => batch.Lines.Length));
        Write(string.Join('\n', lines.Select(line => line.Replace('9', '7'))));
        Assert.Equal(6_000, Read(path, mark).Sum(batch => batch.Lines.Length));
    }

    [Fact]
    public void A_finished_file_that_has_grown_gives_only_what_was_added()
    {
        string[] lines = Lines(100);
        string path = Write(string.Join('\n', lines) + "\n");
        ImportMark mark = Read(path, null)[^1].Origin.After;
        File.AppendAllText(path, "{\"new\":true}\n");

        Assert.Equal(["{\"new\":true}"], Read(path, mark).SelectMany(batch => batch.Lines));
    }

    [Fact]
    public void A_line_that_no_event_can_have_is_named()
    {
        string path = Write("{}\n" + new string('x', Batch.MostBytes + 1));
        Failure failure = Assert.Throws<Failure>(() => Read(path, null));
        Assert.Contains(":2:", failure.Message);
    }

    [Fact]
    public void A_mark_stays_before_the_first_batch_that_is_missing()
    {
        string path = Write(string.Join('\n', Lines(12_000)));
        List<ReadBatch> batches = Read(path, null);
        string markFile = Path.Combine(directory, "mark");
        Acknowledgements acknowledged = new(markFile);

        acknowledged.Add(new Batch { Number = 2, Origin = batches[2].Origin });
        acknowledged.Save();
        Assert.False(File.Exists(markFile));

        acknowledged.Add(new Batch { Number = 0, Origin = batches[0].Origin });
        acknowledged.Save();
        Assert.Equal(batches[0].Origin.After, ImportMark.Read(markFile));

        acknowledged.Add(new Batch { Number = 1, Origin = batches[1].Origin });
        acknowledged.Save();
        Assert.Equal(batches[2].Origin.After, ImportMark.Read(markFile));
    }

    private static string[] Lines(int count) => [.. Enumerable.Range(0, count).Select(i => $"{{\"id\":\"{i}\",\"text\":\"{new string('x', i % 300)}\"}}")];

    private string Write(string text, bool gzip = false)
    {
        string path = Path.Combine(directory, "events.ndjson");
        using FileStream file = File.Create(path);
        using Stream to = gzip ? new GZipStream(file, CompressionLevel.Fastest) : file;
        to.Write(Encoding.UTF8.GetBytes(text));
        return path;
    }

    private static List<ReadBatch> Read(string path, ImportMark? from)
    {
        using EventFile file = new(path, Server, from);
        Batch batch = new();
        List<ReadBatch> read = [];
        while (file.Fill(batch))
        {
            string[] lines = Encoding.UTF8.GetString(batch.Lines.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            Assert.Equal(batch.Events, lines.Length);
            read.Add(new ReadBatch(lines, batch.Origin!));
        }

        return read;
    }

    private sealed record ReadBatch(string[] Lines, BatchOrigin Origin);
}

using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

/// <summary>What a reader can copy out of a PDF of ours, by its own tables: the objects where the cross-reference says, and glyphs by their meanings.</summary>
internal sealed partial record PdfText(int Pages, string Text)
{
    public static PdfText Of(byte[] pdf)
    {
        string all = Encoding.Latin1.GetString(pdf);
        Assert.StartsWith("%PDF-1.7", all);
        Assert.EndsWith("%%EOF\n", all);
        Dictionary<string, string> objects = Objects(all);
        Dictionary<string, Dictionary<string, string>> fonts = objects
            .Where(one => one.Value.Contains("/Type0", StringComparison.Ordinal))
            .ToDictionary(one => one.Key, one => Meanings(Unpacked(pdf, objects, Reference(one.Value, "ToUnicode"))));
        string[] pages = [.. objects.Where(one => one.Value.Contains("/Type /Page ", StringComparison.Ordinal)).OrderBy(one => int.Parse(one.Key)).Select(one => one.Value)];
        var text = new StringBuilder();
        foreach (string page in pages)
        {
            Dictionary<string, string> names = FontNames().Matches(page).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
            foreach (Match shown in Shown().Matches(Unpacked(pdf, objects, Reference(page, "Contents"))))
            {
                text.Append(string.Concat(shown.Groups[2].Value.Chunk(4).Select(code => fonts[names[shown.Groups[1].Value]][new string(code)])));
                text.Append(shown.Groups[3].Value);
            }
        }

        return new PdfText(pages.Length, Joined(text.ToString()));
    }

    // Runs of one line follow each other at the same height.
    private static string Joined(string text) => text.Replace("ET\n", "", StringComparison.Ordinal);

    private static Dictionary<string, string> Objects(string all)
    {
        string[] table = all[(int.Parse(Start().Match(all).Groups[1].Value))..].Split('\n');
        Assert.Equal("xref", table[0]);
        int count = int.Parse(table[1].Split(' ')[1]);
        var objects = new Dictionary<string, string>();
        for (int number = 0; number < count; number++)
        {
            string entry = table[2 + number];
            if (entry.EndsWith("n ", StringComparison.Ordinal))
            {
                int at = int.Parse(entry[..10]);
                Assert.StartsWith($"{number} 0 obj\n", all[at..(at + 20)]);
                objects[number.ToString()] = all[at..all.IndexOf("\nendobj", at, StringComparison.Ordinal)];
            }
        }

        return objects;
    }

    private static string Reference(string from, string name) => Regex.Match(from, $@"/{name} (\d+) 0 R").Groups[1].Value;

    private static string Unpacked(byte[] pdf, Dictionary<string, string> objects, string number)
    {
        string its = objects[number];
        int from = its.IndexOf("stream\n", StringComparison.Ordinal) + 7;
        byte[] packed = Encoding.Latin1.GetBytes(its[from..]);
        using var zlib = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var reader = new StreamReader(zlib, Encoding.ASCII);
        Assert.NotEmpty(pdf);
        return reader.ReadToEnd();
    }

    private static Dictionary<string, string> Meanings(string map) => Meaning().Matches(map).ToDictionary(
        match => match.Groups[1].Value, match => Encoding.BigEndianUnicode.GetString(Convert.FromHexString(match.Groups[2].Value)));

    [GeneratedRegex(@"startxref\n(\d+)")]
    private static partial Regex Start();

    [GeneratedRegex(@"/(F\d) (\d+) 0 R")]
    private static partial Regex FontNames();

    [GeneratedRegex(@"/(F\d) [\d.]+ Tf [^<]*<([0-9A-F]*)> Tj (ET\n)")]
    private static partial Regex Shown();

    [GeneratedRegex(@"^<([0-9A-F]{4})> <([0-9A-F]+)>$", RegexOptions.Multiline)]
    private static partial Regex Meaning();
}

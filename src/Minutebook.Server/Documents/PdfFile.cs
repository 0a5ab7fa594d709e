using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Minutebook.Server;

/// <summary>
/// A PDF 1.7 document of text and rules in embedded fonts (ISO 32000-1). The same pages give the same bytes. Why this is our own:
/// docs/decisions.
/// </summary>
internal sealed class PdfFile
{
    private const int Catalog = 1, Pages = 2, About = 3, FirstFont = 4, PerFont = 5;

    private readonly List<StringBuilder> pages = [];
    private readonly Dictionary<Font, SortedDictionary<ushort, int>> used = Font.All.ToDictionary(font => font, _ => new SortedDictionary<ushort, int>());
    private readonly ArrayBufferWriter<byte> bytes = new();
    private readonly SortedDictionary<int, long> places = [];

    public required string Title { get; init; }

    public required string Author { get; init; }

    public required DateTime Dated { get; init; }

    public int PageCount => pages.Count;

    public void AddPage() => pages.Add(new StringBuilder());

    /// <summary>Draws glyphs of one font from a point, in points from the lower left; a wide font has no bold of its own and is stroked.</summary>
    public void Draw(int page, Font font, IEnumerable<(ushort Glyph, int Rune)> text, (double X, double Y) at, Look look)
    {
        StringBuilder to = pages[page];
        string shade = look.Grey ? "0.37" : "0";
        bool stroked = look.Bold && font != Font.Bold;
        to.Append($"BT {shade} g {shade} G /F{IndexOf(font)} {N(look.Size)} Tf {(stroked ? $"2 Tr {N(look.Size / 40)} w" : "0 Tr")} {N(at.X)} {N(at.Y)} Td <");
        foreach ((ushort glyph, int rune) in text)
        {
            to.Append($"{glyph:X4}");
            used[font][glyph] = rune;
        }

        to.Append("> Tj ET\n");
    }

    public void Rule(int page, double left, double right, double y, double width, double shade) =>
        pages[page].Append($"{N(shade)} G {N(width)} w {N(left)} {N(y)} m {N(right)} {N(y)} l S\n");

    public byte[] Bytes()
    {
        Font[] fonts = [.. Font.All.Where(font => used[font].Count > 0)];
        int first = FirstFont + (Font.All.Count * PerFont);
        bytes.Write("%PDF-1.7\n%\u00E2\u00E3\u00CF\u00D3\n"u8);
        Write(Catalog, $"<< /Type /Catalog /Pages {Pages} 0 R /ViewerPreferences << /DisplayDocTitle true >> >>");
        Write(Pages, $"<< /Type /Pages /Count {pages.Count} /Kids [{string.Join(' ', pages.Select((_, i) => $"{first + (i * 2)} 0 R"))}] >>");
        string date = Dated.ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
        Write(About, $"<< /Title {Text(Title)} /Author {Text(Author)} /Creator (Minutebook) /CreationDate (D:{date}) /ModDate (D:{date}) >>");
        foreach (Font font in fonts)
        {
            WriteFont(font);
        }

        string resources = string.Join(' ', fonts.Select(font => $"/F{IndexOf(font)} {ObjectOf(font)} 0 R"));
        for (int i = 0; i < pages.Count; i++)
        {
            Write(
                first + (i * 2),
                $"<< /Type /Page /Parent {Pages} 0 R /MediaBox [0 0 {N(Sheet.PageWidth)} {N(Sheet.PageHeight)}] "
                + $"/Resources << /Font << {resources} >> >> /Contents {first + (i * 2) + 1} 0 R >>");
            WriteStream(first + (i * 2) + 1, "", Encoding.ASCII.GetBytes(pages[i].ToString()));
        }

        WriteEnd();
        return bytes.WrittenSpan.ToArray();
    }

    private static int IndexOf(Font font) => Font.All.TakeWhile(other => other != font).Count();

    private static int ObjectOf(Font font) => FirstFont + (IndexOf(font) * PerFont);

    /// <summary>A composite font whose codes are the glyphs' numbers (ISO 32000-1, 9.7), with what they mean for searching and copying.</summary>
    private void WriteFont(Font font)
    {
        TrueType file = font.File;
        int number = ObjectOf(font);
        string name = $"MINUTE+{font.Name}";
        Write(number, $"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H /DescendantFonts [{number + 1} 0 R] /ToUnicode {number + 4} 0 R >>");
        Write(
            number + 1,
            $"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            + $"/FontDescriptor {number + 2} 0 R /CIDToGIDMap /Identity /W [{string.Join(' ', used[font].Keys.Select(glyph => $"{glyph} [{file.WidthOf(glyph)}]"))}] >>");
        Write(
            number + 2,
            $"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{string.Join(' ', file.Box)}] /ItalicAngle 0 /Ascent {file.Ascent} "
            + $"/Descent {file.Descent} /CapHeight {file.Ascent} /StemV 80 /FontFile2 {number + 3} 0 R >>");
        byte[] subset = file.Subset(used[font].Keys);
        WriteStream(number + 3, $"/Length1 {subset.Length} ", subset);
        WriteStream(number + 4, "", Encoding.ASCII.GetBytes(Meanings(used[font])));
    }

    private static string Meanings(SortedDictionary<ushort, int> glyphs)
    {
        var map = new StringBuilder(
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def "
            + "/CMapName /Adobe-Identity-UCS def /CMapType 2 def 1 begincodespacerange <0000> <FFFF> endcodespacerange\n");
        foreach (KeyValuePair<ushort, int>[] some in glyphs.Chunk(100))
        {
            map.Append($"{some.Length} beginbfchar\n");
            foreach ((ushort glyph, int rune) in some)
            {
                map.Append($"<{glyph:X4}> <{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(char.ConvertFromUtf32(rune)))}>\n");
            }

            map.Append("endbfchar\n");
        }

        return map.Append("endcmap CMapName currentdict /CMap defineresource pop end end").ToString();
    }

    private void Write(int number, string content)
    {
        places[number] = bytes.WrittenCount;
        bytes.Write(Encoding.ASCII.GetBytes($"{number} 0 obj\n{content}\nendobj\n"));
    }

    private void WriteStream(int number, string entries, byte[] content)
    {
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(content);
        }

        places[number] = bytes.WrittenCount;
        bytes.Write(Encoding.ASCII.GetBytes($"{number} 0 obj\n<< {entries}/Filter /FlateDecode /Length {packed.Length} >>\nstream\n"));
        bytes.Write(packed.ToArray());
        bytes.Write("\nendstream\nendobj\n"u8);
    }

    private void WriteEnd()
    {
        long start = bytes.WrittenCount;
        int size = places.Keys.Last() + 1;
        var table = new StringBuilder($"xref\n0 {size}\n");
        for (int number = 0; number < size; number++)
        {
            table.Append(places.TryGetValue(number, out long place) ? $"{place:D10} 00000 n \n" : "0000000000 65535 f \n");
        }

        table.Append($"trailer\n<< /Size {size} /Root {Catalog} 0 R /Info {About} 0 R >>\nstartxref\n{start}\n%%EOF\n");
        bytes.Write(Encoding.ASCII.GetBytes(table.ToString()));
    }

    private static string Text(string text) => $"<FEFF{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text))}>";

    private static string N(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}

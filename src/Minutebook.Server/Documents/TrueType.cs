using System.Buffers.Binary;
using System.Text;

namespace Minutebook.Server;

/// <summary>
/// A TrueType font file: which glyph a character has and how wide it is, and the file cut down to the glyphs that a document uses.
/// Big-endian throughout; the tables are those of the OpenType specification. The fonts are our own, so what is wrong with one throws.
/// </summary>
internal sealed class TrueType
{
    // What a PDF reader needs of an embedded font (ISO 32000-1, 9.9).
    private static readonly string[] Kept = ["cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep"];

    private const int ArgumentsAreWords = 1, HasScale = 8, HasTwoScales = 64, HasMatrix = 128, HasMore = 32;

    private readonly byte[] file;
    private readonly Dictionary<string, (int Offset, int Length)> tables = [];
    private readonly Dictionary<int, ushort> glyphs = [];
    private readonly int wideMetrics;
    private readonly bool hasLongOffsets;

    public TrueType(byte[] file)
    {
        this.file = file;
        int count = U16(4);
        for (int i = 0; i < count; i++)
        {
            int at = 12 + (i * 16);
            tables[Encoding.ASCII.GetString(file, at, 4)] = ((int)U32(at + 8), (int)U32(at + 12));
        }

        UnitsPerEm = U16(tables["head"].Offset + 18);
        hasLongOffsets = I16(tables["head"].Offset + 50) != 0;
        GlyphCount = U16(tables["maxp"].Offset + 4);
        wideMetrics = U16(tables["hhea"].Offset + 34);
        Box = [.. Enumerable.Range(0, 4).Select(i => Scaled(I16(tables["head"].Offset + 36 + (i * 2))))];
        (Ascent, Descent) = (Scaled(I16(tables["hhea"].Offset + 4)), Scaled(I16(tables["hhea"].Offset + 6)));
        ReadCharacters(tables["cmap"].Offset);
    }

    public int UnitsPerEm { get; }

    public int GlyphCount { get; }

    /// <summary>The box around all glyphs, in thousandths of the size.</summary>
    public IReadOnlyList<int> Box { get; }

    public int Ascent { get; }

    public int Descent { get; }

    /// <summary>The glyph of a character; 0 if the font has none.</summary>
    public ushort GlyphOf(int rune) => glyphs.GetValueOrDefault(rune);

    /// <summary>How wide a glyph is, in thousandths of the size.</summary>
    public int WidthOf(ushort glyph) => Scaled(U16(tables["hmtx"].Offset + (Math.Min(glyph, wideMetrics - 1) * 4)));

    /// <summary>The font with these glyphs and those that they are made of; the others are empty, and all keep their numbers.</summary>
    public byte[] Subset(IEnumerable<ushort> used)
    {
        var wanted = new SortedSet<ushort> { 0 };
        foreach (ushort glyph in used)
        {
            AddWithParts(glyph, wanted);
        }

        var outlines = new MemoryStream();
        byte[] places = new byte[(GlyphCount + 1) * 4];
        for (int glyph = 0; glyph <= GlyphCount; glyph++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(places.AsSpan(glyph * 4), (uint)outlines.Length);
            if (glyph < GlyphCount && wanted.Contains((ushort)glyph))
            {
                outlines.Write(OutlineOf(glyph));
                outlines.Write(new byte[(4 - (outlines.Length % 4)) % 4]);
            }
        }

        byte[] head = Table("head").ToArray();
        head[50] = 0;
        head[51] = 1;
        return Written(name => name switch
        {
            "glyf" => outlines.ToArray(),
            "loca" => places,
            "head" => head,
            _ => Table(name).ToArray(),
        });
    }

    private void AddWithParts(ushort glyph, SortedSet<ushort> wanted)
    {
        ReadOnlySpan<byte> outline = OutlineOf(glyph);
        if (!wanted.Add(glyph) || outline.Length < 10 || BinaryPrimitives.ReadInt16BigEndian(outline) >= 0)
        {
            return;
        }

        int flags = HasMore;
        for (int at = 10; (flags & HasMore) != 0;)
        {
            flags = BinaryPrimitives.ReadUInt16BigEndian(outline[at..]);
            AddWithParts(BinaryPrimitives.ReadUInt16BigEndian(outline[(at + 2)..]), wanted);
            at += 4 + ((flags & ArgumentsAreWords) != 0 ? 4 : 2)
                + ((flags & HasScale) != 0 ? 2 : (flags & HasTwoScales) != 0 ? 4 : (flags & HasMatrix) != 0 ? 8 : 0);
        }
    }

    private byte[] Written(Func<string, byte[]> contentOf)
    {
        string[] names = [.. Kept.Where(tables.ContainsKey)];
        int log = (int)Math.Log2(names.Length);
        var written = new MemoryStream();
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(head, 0x00010000);
        BinaryPrimitives.WriteUInt16BigEndian(head[4..], (ushort)names.Length);
        BinaryPrimitives.WriteUInt16BigEndian(head[6..], (ushort)(16 << log));
        BinaryPrimitives.WriteUInt16BigEndian(head[8..], (ushort)log);
        BinaryPrimitives.WriteUInt16BigEndian(head[10..], (ushort)((names.Length * 16) - (16 << log)));
        written.Write(head);
        byte[][] contents = [.. names.Select(contentOf)];
        int offset = 12 + (names.Length * 16);
        Span<byte> entry = stackalloc byte[16];
        for (int i = 0; i < names.Length; i++)
        {
            Encoding.ASCII.GetBytes(names[i], entry);
            BinaryPrimitives.WriteUInt32BigEndian(entry[4..], Checksum(contents[i]));
            BinaryPrimitives.WriteUInt32BigEndian(entry[8..], (uint)offset);
            BinaryPrimitives.WriteUInt32BigEndian(entry[12..], (uint)contents[i].Length);
            written.Write(entry);
            offset += (contents[i].Length + 3) & ~3;
        }

        foreach (byte[] content in contents)
        {
            written.Write(content);
            written.Write(new byte[(4 - (content.Length % 4)) % 4]);
        }

        return written.ToArray();
    }

    private static uint Checksum(byte[] content)
    {
        uint sum = 0;
        for (int at = 0; at < content.Length; at++)
        {
            sum = unchecked(sum + ((uint)content[at] << (24 - (at % 4 * 8))));
        }

        return sum;
    }

    private void ReadCharacters(int cmap)
    {
        int count = U16(cmap + 2);
        for (int i = 0; i < count; i++)
        {
            int at = cmap + (int)U32(cmap + 4 + (i * 8) + 4);
            switch (U16(at))
            {
                case 4:
                    ReadSegments(at);
                    break;
                case 12:
                    ReadGroups(at);
                    break;
            }
        }
    }

    private void ReadSegments(int at)
    {
        int bytes = U16(at + 6);
        (int ends, int starts, int deltas, int offsets) = (at + 14, at + 16 + bytes, at + 16 + (2 * bytes), at + 16 + (3 * bytes));
        for (int i = 0; i < bytes; i += 2)
        {
            int offset = U16(offsets + i);
            for (int rune = U16(starts + i); rune <= U16(ends + i) && rune != 0xFFFF; rune++)
            {
                int glyph = offset == 0 ? rune : U16(offsets + i + offset + ((rune - U16(starts + i)) * 2));
                Add(rune, offset != 0 && glyph == 0 ? 0 : (glyph + U16(deltas + i)) & 0xFFFF);
            }
        }
    }

    private void ReadGroups(int at)
    {
        long groups = U32(at + 12);
        for (int i = 0; i < groups; i++)
        {
            int group = at + 16 + (i * 12);
            uint start = U32(group);
            for (uint rune = start; rune <= U32(group + 4); rune++)
            {
                Add((int)rune, (int)(U32(group + 8) + rune - start));
            }
        }
    }

    private void Add(int rune, int glyph)
    {
        if (glyph != 0)
        {
            glyphs[rune] = (ushort)glyph;
        }
    }

    private ReadOnlySpan<byte> OutlineOf(int glyph)
    {
        int from = PlaceOf(glyph);
        return file.AsSpan(tables["glyf"].Offset + from, PlaceOf(glyph + 1) - from);
    }

    private int PlaceOf(int glyph) =>
        hasLongOffsets ? (int)U32(tables["loca"].Offset + (glyph * 4)) : U16(tables["loca"].Offset + (glyph * 2)) * 2;

    private ReadOnlySpan<byte> Table(string name) => file.AsSpan(tables[name].Offset, tables[name].Length);

    private int Scaled(int units) => units * 1000 / UnitsPerEm;

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(at));

    private short I16(int at) => BinaryPrimitives.ReadInt16BigEndian(file.AsSpan(at));

    private uint U32(int at) => BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
}

namespace Minutebook.Server;

/// <summary>
/// A font of documents. They are part of the program, so that a document looks the same on every machine: DejaVu Sans Condensed for most
/// scripts, Droid Sans Fallback for Chinese and Japanese, NanumSquare for Korean. A character that none has is shown as U+FFFD.
/// </summary>
internal sealed class Font
{
    private const int Unknown = 0xFFFD;

    private readonly Lazy<TrueType> file;

    private Font(string name) => (Name, file) = (name, new Lazy<TrueType>(() => Load(name)));

    public static Font Main { get; } = new("DejaVuSansCondensed");

    public static Font Bold { get; } = new("DejaVuSansCondensed-Bold");

    public static Font Wide { get; } = new("DroidSansFallbackFull");

    public static Font Hangul { get; } = new("NanumSquareR");

    public static IReadOnlyList<Font> All { get; } = [Main, Bold, Wide, Hangul];

    public string Name { get; }

    public TrueType File => file.Value;

    /// <summary>The font in which a character is written, and its glyph there.</summary>
    public static (Font Font, ushort Glyph, int Rune) For(int rune, bool bold)
    {
        Font first = bold ? Bold : Main;
        if (first.File.GlyphOf(rune) is not 0 and var own)
        {
            return (first, own, rune);
        }

        // The fallback has the first and the last syllable alone: those between would be of another hand.
        Font wide = rune is >= 0xAC00 and <= 0xD7A3 ? Hangul : Wide;
        return wide.File.GlyphOf(rune) is not 0 and var glyph
            ? (wide, glyph, rune)
            : (first, first.File.GlyphOf(Unknown), Unknown);
    }

    private static TrueType Load(string name)
    {
        using Stream stream = typeof(Font).Assembly.GetManifestResourceStream($"Fonts/{name}.ttf")
            ?? throw new InvalidOperationException($"The font {name} is not part of this build.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new TrueType(bytes);
    }
}

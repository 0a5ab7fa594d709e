using System.Text;

namespace Minutebook.Server;

/// <summary>How a piece of text looks.</summary>
internal readonly record struct Look(double Size, bool Bold = false, bool Grey = false, bool Right = false)
{
    public static Look Plain { get; } = new(9);
    public static Look Strong { get; } = new(9, Bold: true);
    public static Look Small { get; } = new(7.5, Grey: true);

    public Look ToRight => this with { Right = true };
    public double Height => Size * 1.35;
}

/// <summary>
/// A4 pages that are written from top to bottom. Sizes are points, from the upper left. A row that does not fit goes to a new page, which
/// begins with the table's heading again; at the end every page gets its number.
/// </summary>
internal sealed class Sheet
{
    public const double PageWidth = 595.28, PageHeight = 841.89;
    public const double Left = 48, Right = 547, Width = Right - Left;
    private const double Top = 52, Bottom = 780, FootLine = 800;
    private const double Hair = 0.5, Strong = 0.8, Pale = 0.75;

    private readonly PdfFile file;
    private int page;

    private Sheet(PdfFile file) => this.file = file;

    /// <summary>Where the next thing goes, from the top of the page.</summary>
    public double Y { get; set; }

    /// <summary>What begins every page after the first; null for nothing.</summary>
    public Action<Sheet>? Heading { get; set; }

    /// <summary>Makes a document.</summary>
    /// <param name="title">Its title, which also stands in the foot of each page.</param>
    /// <param name="author">Who issues it.</param>
    /// <param name="dated">Its date: the same document has the same one, however often it is made.</param>
    /// <param name="write">Writes its pages.</param>
    public static byte[] Make(string title, string author, DateTime dated, Action<Sheet> write)
    {
        var sheet = new Sheet(new PdfFile { Title = title, Author = author, Dated = dated });
        sheet.NewPage();
        write(sheet);
        sheet.NumberPages(title);
        return sheet.file.Bytes();
    }

    /// <summary>Begins a new page unless so much still fits on this one.</summary>
    public void Need(double height)
    {
        if (Y + height > Bottom)
        {
            NewPage();
            Heading?.Invoke(this);
        }
    }

    /// <summary>A line across the page.</summary>
    public void Rule(bool strong = false) =>
        file.Rule(page, Left, Right, PageHeight - Y, strong ? Strong : Hair, strong ? 0 : Pale);

    /// <summary>Writes text into a column from (x, y), broken where it does not fit; gives how high that is.</summary>
    public double Write(string text, double x, double y, double width, Look look)
    {
        double down = 0;
        foreach (string line in Broken(text, width, look))
        {
            double from = look.Right ? x + width - WidthOf(line, look) : x;
            foreach ((Font font, List<(ushort Glyph, int Rune)> run) in Runs(line, look))
            {
                file.Draw(page, font, run, (from, PageHeight - (y + down + look.Size)), look);
                from += run.Sum(its => font.File.WidthOf(its.Glyph)) * look.Size / 1000;
            }

            down += look.Height;
        }

        return down;
    }

    /// <summary>How high text is in a column.</summary>
    public static double HeightOf(string text, double width, Look look) => Broken(text, width, look).Count * look.Height;

    private void NumberPages(string title)
    {
        for (page = 0; page < file.PageCount; page++)
        {
            Y = FootLine - 6;
            Rule();
            Write(title, Left, FootLine, Width - 80, Look.Small);
            Write($"Page {page + 1} of {file.PageCount}", Right - 80, FootLine, 80, Look.Small.ToRight);
        }
    }

    private void NewPage()
    {
        file.AddPage();
        page = file.PageCount - 1;
        Y = Top;
    }

    private static List<string> Broken(string text, double width, Look look)
    {
        var lines = new List<string>();
        foreach (string paragraph in text.Split('\n'))
        {
            var line = new StringBuilder();
            double used = 0;
            foreach (string word in Words(paragraph))
            {
                double length = WidthOf(word, look);
                if (used > 0 && used + WidthOf(word.TrimEnd(), look) > width)
                {
                    lines.Add(line.ToString().TrimEnd());
                    (used, line) = (0, new StringBuilder());
                }

                foreach (string piece in length <= width ? [word] : Letters(word))
                {
                    double its = WidthOf(piece, look);
                    if (used > 0 && used + its > width)
                    {
                        lines.Add(line.ToString());
                        (used, line) = (0, new StringBuilder());
                    }

                    line.Append(piece);
                    used += its;
                }
            }

            lines.Add(line.ToString().TrimEnd());
        }

        return lines;
    }

    /// <summary>Pieces that stay together, each with the blank or hyphen behind it; wide characters are each one of their own.</summary>
    private static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool wide = IsWide(rune.Value);
            if (wide && word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }

            word.Append(rune.ToString());
            if (wide || rune.Value is ' ' or '-')
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        yield return word.ToString();
    }

    private static IEnumerable<string> Letters(string word) => word.EnumerateRunes().Select(rune => rune.ToString());

    // From the East Asian radicals on, lines may be broken beside any character.
    private static bool IsWide(int rune) => rune is (>= 0x2E80 and < 0xFB00) or (>= 0xFE30 and < 0xFE70) or (>= 0xFF00 and < 0xFFF0) or >= 0x20000;

    private static double WidthOf(string text, Look look)
    {
        int width = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            (Font font, ushort glyph, _) = Shape(rune, look);
            width += font.File.WidthOf(glyph);
        }

        return width * look.Size / 1000;
    }

    private static IEnumerable<(Font Font, List<(ushort Glyph, int Rune)> Text)> Runs(string text, Look look)
    {
        List<(ushort, int)> run = [];
        Font? its = null;
        foreach (Rune rune in text.EnumerateRunes())
        {
            (Font font, ushort glyph, int shown) = Shape(rune, look);
            if (its is not null && its != font)
            {
                yield return (its, run);
                run = [];
            }

            its = font;
            run.Add((glyph, shown));
        }

        if (its is not null)
        {
            yield return (its, run);
        }
    }

    // A control character has no shape.
    private static (Font Font, ushort Glyph, int Rune) Shape(Rune rune, Look look) => Font.For(Rune.IsControl(rune) ? ' ' : rune.Value, look.Bold);
}

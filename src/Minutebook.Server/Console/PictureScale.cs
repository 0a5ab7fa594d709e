using System.Globalization;

namespace Minutebook.Server;

/// <summary>A picture's bars in per cent of its height and width, and the marks of its scale.</summary>
/// <param name="Top">The scale's end, in the picture's unit.</param>
/// <param name="Step">From mark to mark.</param>
/// <param name="Width">A bar's share of the width.</param>
/// <param name="Marks">From zero to the top.</param>
/// <param name="Bars">The bars.</param>
/// <param name="Cut">The mark over a bar; null for none.</param>
internal sealed record PictureScale(
    string Top, string Step, string Width, IReadOnlyList<ScaleMark> Marks, IReadOnlyList<DrawnBar> Bars, DrawnCut? Cut)
{
    private const int MostSteps = 4;

    // So wide is the picture at least where names of a style are shown, less its scale, in px.
    /// <summary>How much the half of a name may stand out at the right, twice: the frame's own space.</summary>
    private const int Beyond = 48;

    private static readonly (string Style, int Room)[] Rooms = [("few", 220), ("some", 400), ("many", 880)];

    public static PictureScale Of(Visit visit, Picture picture)
    {
        decimal most = picture.Bars.Select(bar => Values(picture, bar).Sum(part => part.Value)).DefaultIfEmpty().Max();
        decimal step = Nice(most / MostSteps);
        decimal top = Math.Max(step, decimal.Ceiling(most / step) * step);
        int count = Math.Max(1, picture.Bars.Count);
        string At(decimal bars) => Percent(bars / count);
        int wide = Wide(picture);
        int cut = picture.Bars.ToList().FindIndex(bar => bar.Mark == "cut-over");
        return new PictureScale(
            Plain(top), Plain(step), At(1),
            [.. Enumerable.Range(0, (int)(top / step) + 1).Select(mark => new ScaleMark(Percent(1 - mark * step / top), visit.Show.Compact(mark * step, picture.Unit)))],
            [.. picture.Bars.Select((bar, index) => new DrawnBar(bar.Name, bar.Mark, At(index), At(index + 0.5m), Shown(index, count, wide), Parts(picture, bar, top)))],
            cut < 0 ? null : new DrawnCut(At(cut + 0.5m), picture.Bars[cut].Note ?? "", cut * 2 > count));
    }

    private static IEnumerable<(string Style, decimal Value)> Values(Picture picture, PictureBar bar) => picture.Series.Zip(bar.Cells)
        .Where(part => picture.Only is null || part.First.Key == picture.Only)
        .Select(part => (part.First.Style, decimal.Parse(part.Second.Value, CultureInfo.InvariantCulture)))
        .Where(part => part.Item2 > 0);

    private static List<DrawnPart> Parts(Picture picture, PictureBar bar, decimal top)
    {
        List<DrawnPart> parts = [];
        decimal below = 0;
        foreach ((string style, decimal value) in Values(picture, bar))
        {
            below += value;
            parts.Add(new DrawnPart(style, Percent(1 - below / top), Percent(value / top)));
        }

        return parts;
    }

    /// <summary>One, two, three or five times a power of ten, near to a length.</summary>
    private static decimal Nice(decimal length)
    {
        if (length <= 0)
        {
            return 1;
        }

        decimal power = 1;
        for (; power * 10 <= length; power *= 10) { }

        for (; power > length; power /= 10) { }

        decimal digit = length / power;
        return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 3 ? 3 : digit <= 5 ? 5 : 10);
    }

    /// <summary>
    /// Names of few bars where there is little room, of more where there is some, of many where there is much; none that would stand out of
    /// the picture's frame at the right.
    /// </summary>
    private static string Shown(int index, int count, int wide) => string.Join(' ', Rooms
        .Where(room => index % ((count * wide + room.Room - 1) / room.Room) == 0 && (2 * (count - index) - 1) * room.Room >= (wide - Beyond) * count)
        .Select(room => room.Style));

    /// <summary>About how wide the widest name is, with the space after it.</summary>
    private static int Wide(Picture picture) => 14 + picture.Bars.Select(bar => bar.Name.Sum(letter => letter > 0x2E80 ? 13 : 7)).DefaultIfEmpty().Max();

    private static string Percent(decimal part) => (part * 100).ToString("0.###", CultureInfo.InvariantCulture) + "%";

    private static string Plain(decimal value) => value.ToString("0.############", CultureInfo.InvariantCulture);
}

/// <summary>A mark of the scale.</summary>
internal sealed record ScaleMark(string Y, string Text);

/// <summary>A bar; with how much room its name is shown.</summary>
internal sealed record DrawnBar(string Name, string Mark, string X, string Middle, string Shown, IReadOnlyList<DrawnPart> Parts);

/// <summary>A series' part of a bar.</summary>
internal sealed record DrawnPart(string Style, string Y, string Height);

/// <summary>A line over a bar, with its name; a late one has it at its left.</summary>
internal sealed record DrawnCut(string X, string Text, bool IsLate);

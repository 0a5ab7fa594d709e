using System.Text;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary>Stacked bars of block characters: coloured on a terminal, told apart by shade where there is no colour.</summary>
internal sealed class Bars
{
    private static readonly string[] Colours = ["deepskyblue1", "springgreen3", "gold1", "orange1", "hotpink", "mediumpurple1", "grey"];
    private static readonly char[] Shades = ['█', '▓', '▒', '░', '#', '=', '-'];
    private static readonly char[] Eighths = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

    private readonly bool coloured;
    private readonly int width;
    private readonly double longest;

    /// <param name="console">Where they are shown.</param>
    /// <param name="width">Characters of the longest bar.</param>
    /// <param name="longest">The quantity that the longest bar stands for.</param>
    public Bars(IAnsiConsole console, int width, long longest)
    {
        coloured = console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        this.width = Math.Max(width, 10);
        this.longest = Math.Max(longest, 1);
    }

    /// <summary>One bar, in markup, with a segment for each part.</summary>
    public string Stack(IReadOnlyList<long> parts)
    {
        if (parts.Count == 1)
        {
            return Single(parts[0]);
        }

        StringBuilder bar = new();
        long sum = 0;
        int drawn = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            sum += parts[i];
            int until = (int)Math.Round(sum / longest * width);
            bar.Append(Painted(i, until - drawn));
            drawn = until;
        }

        return bar.ToString();
    }

    /// <summary>The sign by which a part is known, in markup.</summary>
    public string Sign(int part) => Painted(part, 1);

    private string Single(long quantity)
    {
        int eighths = (int)Math.Round(quantity / longest * width * 8);
        if (quantity > 0 && eighths == 0)
        {
            eighths = 1;
        }

        string bar = new string('█', eighths / 8) + (eighths % 8 == 0 ? "" : Eighths[eighths % 8]);
        return bar.Length == 0 ? "" : coloured ? $"[{Colours[0]}]{bar}[/]" : bar;
    }

    private string Painted(int part, int length)
    {
        if (length <= 0)
        {
            return "";
        }

        return coloured
            ? $"[{Colours[part % Colours.Length]}]{new string('█', length)}[/]"
            : new string(Shades[part % Shades.Length], length);
    }
}

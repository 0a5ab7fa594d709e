namespace Minutebook.Server;

/// <summary>Stacked bars and the table that says the same; the script draws the picture from the table.</summary>
/// <param name="Id">Its id in the page.</param>
/// <param name="Title">What it shows; the table's caption.</param>
/// <param name="Unit">The unit of the values: min, byte, byte-hour, hour or a plain count.</param>
/// <param name="Series">What a bar is made of, from below.</param>
/// <param name="Bars">The bars.</param>
/// <param name="Totals">The table's foot: of each series, and of all.</param>
public sealed record Picture(
    string Id, string Title, string Unit, IReadOnlyList<PictureSeries> Series, IReadOnlyList<PictureBar> Bars, IReadOnlyList<string> Totals)
{
    /// <summary>Only this series is shown; null for all.</summary>
    public string? Only { get; init; }
    /// <summary>Whether the legend's entries are buttons that choose a series, by this parameter of the address.</summary>
    public string? LegendParameter { get; init; }
    /// <summary>Whether dragging over bars leads to their period.</summary>
    public bool IsPeriod { get; init; }
}

/// <summary>A part of every bar.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Name">Its name.</param>
/// <param name="Style">Its class in the stylesheet, which has its colour.</param>
public sealed record PictureSeries(string Key, string Name, string Style);

/// <summary>A bar.</summary>
/// <param name="Name">What stands beneath it.</param>
/// <param name="Day">Its first local day, ISO.</param>
/// <param name="LastDay">Its last.</param>
/// <param name="Link">Where a click leads; null for nowhere.</param>
/// <param name="Mark">weekend, now or cut-over; "" for nothing.</param>
/// <param name="Cells">Of each series.</param>
/// <param name="Total">Of all.</param>
public sealed record PictureBar(
    string Name, string Day, string LastDay, string? Link, string Mark, IReadOnlyList<PictureCell> Cells, PictureCell Total)
{
    /// <summary>Beside the mark, in words; null for nothing.</summary>
    public string? Note { get; init; }
}

/// <summary>A figure.</summary>
/// <param name="Text">As a person reads it.</param>
/// <param name="Value">For the scale of the picture, in its unit.</param>
/// <param name="Note">More of it; null for nothing.</param>
public sealed record PictureCell(string Text, string Value, string? Note = null);

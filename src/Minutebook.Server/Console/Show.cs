using System.Globalization;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>How figures, amounts and times are written for a reader: with units and separators, in the language of the texts and an account's zone.</summary>
public sealed class Show(Texts texts, DateTimeZone zone, Instant now)
{
    private const string Minus = "−";

    private static readonly string[] Bytes = ["B", "KB", "MB", "GB", "TB", "PB"];

    /// <summary>The zone, as it is named once a page.</summary>
    public string Zone => texts.Of("zone", zone.Id, OffsetAt(now));

    private string OffsetAt(Instant at)
    {
        int minutes = zone.GetUtcOffset(at).Seconds / 60;
        string part = minutes % 60 == 0 ? "" : $":{Math.Abs(minutes % 60):D2}";
        return $"UTC{(minutes < 0 ? Minus : "+")}{Math.Abs(minutes / 60)}{part}";
    }

    public string Number(Int128 number)
    {
        string digits = Int128.Abs(number).ToString("N0", CultureInfo.InvariantCulture).Replace(",", texts["format.group"]);
        return number < 0 ? Minus + digits : digits;
    }

    /// <summary>A decimal text with separators; at least so many decimals, and no zeros beyond them.</summary>
    public string Decimal(string text, int decimals = 0)
    {
        bool negative = text.StartsWith('-');
        string[] parts = text.TrimStart('-').Split('.');
        string fraction = (parts.Length > 1 ? parts[1].TrimEnd('0') : "").PadRight(decimals, '0');
        string whole = Number(Int128.Parse(parts[0], CultureInfo.InvariantCulture));
        return (negative ? Minus : "") + whole + (fraction.Length > 0 ? texts["format.decimal"] + fraction : "");
    }

    /// <summary>A quantity in the unit in which people speak of it.</summary>
    public string Quantity(Int128 quantity, string unit) => unit switch
    {
        "second" => $"{Number(quantity < 0 ? quantity / 60 : Rounding.CeilDiv(quantity, 60))} {texts["unit.min"]}",
        "byte" => Size(quantity, ""),
        "byte-hour" => Size(quantity, texts["unit.hours-of"]),
        _ => texts.Count("unit." + unit, (long)quantity, Number(quantity)),
    };

    /// <summary>A length of time: 1 h 31 min, 40 s.</summary>
    public string Length(long seconds)
    {
        (long hours, long minutes) = (seconds / 3600, seconds / 60 % 60);
        return seconds < 60
            ? $"{seconds} {texts["unit.s"]}"
            : hours == 0 ? $"{minutes} {texts["unit.min"]}" : $"{Number(hours)} {texts["unit.h"]} {minutes} {texts["unit.min"]}";
    }

    /// <summary>An amount with its currency's sign, or its code where it has none of its own; at least with its minor digits, and so many decimals.</summary>
    public string Money(string amount, string currency, int decimals = 0)
    {
        bool negative = amount.StartsWith('-');
        string digits = Decimal(amount.TrimStart('-'), Math.Max(decimals, Core.Units.Currency.TryGet(currency, out Core.Units.Currency? known) ? known.MinorDigits : 2));
        return (negative ? Minus : "") + Sign(currency) + digits;
    }

    /// <summary>How many decimals amounts of one column need, so that their points stand beneath each other.</summary>
    public static int Decimals(IEnumerable<string> amounts) =>
        amounts.Select(amount => amount.IndexOf('.') is var point and >= 0 ? amount.TrimEnd('0').Length - point - 1 : 0).DefaultIfEmpty().Max();

    /// <summary>What stands before an amount.</summary>
    public string Sign(string currency) => texts.Find("currency." + currency) ?? currency + "\u00a0";

    /// <summary>Change in per cent to an earlier figure, with its sign; null where there was nothing.</summary>
    public string? Change(Int128 figure, Int128 before)
    {
        if (before <= 0)
        {
            return null;
        }

        Int128 tenths = (figure - before) * 1000 / before;
        string shown = Int128.Abs(tenths) >= 100 ? Number(Int128.Abs(tenths) / 10) : Decimal($"{Int128.Abs(tenths) / 10}.{Int128.Abs(tenths) % 10}");
        return $"{(tenths < 0 ? Minus : "+")}{shown} %";
    }

    public LocalDate DayOf(Instant at) => at.InZone(zone).Date;

    public string Time(Instant at) => At("format.time", at);

    /// <summary>Day and time.</summary>
    public string Moment(Instant at) => At("format.moment", at);

    /// <summary>Day and time, to the second.</summary>
    public string Second(Instant at) => Told(at, $"{Text("format.moment", at.InZone(zone).LocalDateTime)}:{at.InZone(zone).Second:D2}");

    /// <summary>Day with its year, and time.</summary>
    public string FullMoment(Instant at) => At("format.full-moment", at);

    public string FullDay(LocalDate day) => Text("format.full-day", day.AtMidnight());

    public string WeekDay(LocalDate day) => Text("format.week-day", day.AtMidnight());

    public string Month(LocalDate day) => Text("format.month", day.AtMidnight());

    /// <summary>For machines: the datetime of a time element.</summary>
    public static string Machine(Instant at) => JsonText.Of(at);

    // Decimal multiples, as bills have them; one decimal below a hundred.
    private string Size(Int128 bytes, string suffix)
    {
        int step = 0;
        Int128 unit = 1;
        while (step < Bytes.Length - 1 && Int128.Abs(bytes) >= unit * 1000)
        {
            (step, unit) = (step + 1, unit * 1000);
        }

        Int128 tenths = bytes * 10 / unit;
        string digits = step == 0 || tenths >= 1000 ? Number(bytes / unit) : Decimal($"{tenths / 10}.{Int128.Abs(tenths % 10)}", 1);
        return $"{digits} {Bytes[step]}{suffix}";
    }

    /// <summary>A mark of a picture's scale, shortened: 150K min, 2 GB, $1.5K.</summary>
    internal string Compact(decimal value, string unit)
    {
        if (unit.StartsWith("money:", StringComparison.Ordinal))
        {
            return unit["money:".Length..] + Short(value);
        }

        if (unit is "byte" or "byte-hour")
        {
            int step = 0;
            for (; step < Bytes.Length - 1 && value >= 1000; step++)
            {
                value /= 1000;
            }

            return $"{Short(value)} {Bytes[step]}{(unit == "byte" ? "" : texts["unit.hours-of"])}";
        }

        return unit is "min" or "hour" ? $"{Short(value)} {texts[unit == "min" ? "unit.min" : "unit.h"]}" : Short(value);
    }

    /// <summary>By the language's own words for large numbers, at most two decimals.</summary>
    private string Short(decimal value)
    {
        foreach (string[] step in texts["format.short"].Split(' ').Select(step => step.Split('=')))
        {
            decimal size = decimal.Parse(step[0], CultureInfo.InvariantCulture);
            if (value >= size)
            {
                return Decimal((value / size).ToString("0.##", CultureInfo.InvariantCulture)) + step[1];
            }
        }

        return Decimal(value.ToString("0.##", CultureInfo.InvariantCulture));
    }

    private string At(string pattern, Instant at) => Told(at, Text(pattern, at.InZone(zone).LocalDateTime));

    /// <summary>A time that clocks show twice, where they are put back, says which of the two it is.</summary>
    private string Told(Instant at, string time) => zone.MapLocal(at.InZone(zone).LocalDateTime).Count > 1 ? $"{time} ({OffsetAt(at)})" : time;

    /// <summary>Fills {d}, {M}, {MMM}, {MMMM}, {y}, {E}, {H} and {m} of a pattern.</summary>
    private string Text(string pattern, LocalDateTime at)
    {
        string Name(string list, int index) => texts[list].Split(' ')[index];
        return texts[pattern]
            .Replace("{d}", at.Day.ToString(CultureInfo.InvariantCulture))
            .Replace("{M}", at.Month.ToString(CultureInfo.InvariantCulture))
            .Replace("{MMM}", Name("names.months-short", at.Month - 1))
            .Replace("{MMMM}", Name("names.months", at.Month - 1))
            .Replace("{y}", at.Year.ToString(CultureInfo.InvariantCulture))
            .Replace("{E}", Name("names.days-short", (int)at.DayOfWeek - 1))
            .Replace("{H}", at.Hour.ToString("D2", CultureInfo.InvariantCulture))
            .Replace("{m}", at.Minute.ToString("D2", CultureInfo.InvariantCulture));
    }
}

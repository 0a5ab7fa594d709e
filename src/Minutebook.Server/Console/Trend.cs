using System.Globalization;
using Minutebook.Core.Metering;
using NodaTime;
using Calendar = Minutebook.Core.Metering.Calendar;

namespace Minutebook.Server;

/// <summary>Usage of a service over a period as a picture.</summary>
internal sealed class Trend(Visit visit, ServiceType service, ShownPeriod period, Calendar calendar)
{
    private readonly Show show = visit.Show;
    private readonly Texts texts = visit.Texts;
    private readonly LocalDate today = calendar.DateOf(visit.Now);

    /// <param name="figures">By the period's granularity, grouped by the service's dimension where it has one.</param>
    public Picture Of(IReadOnlyList<UsageFigure> figures)
    {
        string[] keys = KeysOf(figures);
        ILookup<Instant, UsageFigure> byStart = figures.ToLookup(figure => figure.Start);
        PictureSeries[] series = [.. keys.Select((key, index) => new PictureSeries(key, service.NameOf(texts, key), service.StyleOf(key, index)))];
        return new Picture(
            "trend", texts["usage.trend." + period.Granularity.ToString().ToLowerInvariant()], service.ChartUnit, series,
            [.. Starts().Select(start => Bar(start, byStart[start], keys))],
            [.. keys.Select(key => Quantity(figures.Where(figure => KeyOf(figure) == key))), Quantity(figures)])
        {
            IsPeriod = true,
        };
    }

    private string[] KeysOf(IReadOnlyList<UsageFigure> figures)
    {
        string[] found = [.. figures.Select(KeyOf).Distinct()];
        string[] known = [.. service.Order.Where(found.Contains)];
        string[] all = [.. known, .. found.Except(known).Order(StringComparer.Ordinal)];
        return all.Length > 0 ? all : [""];
    }

    private static string KeyOf(UsageFigure figure) => figure.Group.Values is [{ } value, ..] ? value : "";

    private IEnumerable<Instant> Starts()
    {
        Range range = period.In(calendar);
        for (long start = calendar.HourOf(range.FromSecond); start < range.ToSecond; start = Next(start))
        {
            yield return Instant.FromUnixTimeSeconds(start);
        }
    }

    private long Next(long start)
    {
        LocalDate day = Calendar.Date(calendar.DayOf(start));
        return period.Granularity switch
        {
            Granularity.Hour => calendar.NextHour(start),
            Granularity.Day => calendar.StartOf(day.PlusDays(1)),
            _ => calendar.StartOf(new LocalDate(day.Year, day.Month, 1).PlusMonths(1)),
        };
    }

    private PictureBar Bar(Instant start, IEnumerable<UsageFigure> figures, string[] keys)
    {
        UsageFigure[] its = [.. figures];
        LocalDate day = calendar.DateOf(start);
        LocalDate last = period.Granularity == Granularity.Month ? day.PlusMonths(1).PlusDays(-1) : day;
        string name = period.Granularity switch
        {
            Granularity.Hour => period.Days > 1 ? show.Moment(start) : show.Time(start),
            Granularity.Day => show.WeekDay(day),
            _ => show.Month(day),
        };
        string mark = day <= today && today <= last && period.Granularity != Granularity.Hour ? "now"
            : period.Granularity == Granularity.Day && day.DayOfWeek is IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday ? "weekend" : "";
        string? link = period.Granularity == Granularity.Hour
            ? null
            : $"{visit.To("usage")}?{Kept()}period=custom&from={JsonText.Of(day)}&to={JsonText.Of(last)}";
        return new PictureBar(
            name, JsonText.Of(day), JsonText.Of(last), link, mark, [.. keys.Select(key => Cell(its.Where(figure => KeyOf(figure) == key)))], Cell(its))
        {
            Note = mark == "now" ? texts["so-far"] : null,
        };
    }

    private string Kept()
    {
        string application = visit.Query("application") is { } id ? $"application={Uri.EscapeDataString(id)}&" : "";
        return (service.Key == "av" ? "" : $"service={service.Key}&") + application;
    }

    private PictureCell Cell(IEnumerable<UsageFigure> figures)
    {
        Int128 sum = ServiceType.Sum(figures.Select(figure => figure.Quantity));
        return new PictureCell(show.Quantity(sum, service.Meter.Unit), service.Scaled(sum).ToString("0.###", CultureInfo.InvariantCulture));
    }

    private string Quantity(IEnumerable<UsageFigure> figures) =>
        show.Quantity(ServiceType.Sum(figures.Select(figure => figure.Quantity)), service.Meter.Unit);
}

using System.Text;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The details as CSV, page by page as it is read.</summary>
internal sealed record DetailsCsv(IEnumerable<IReadOnlyList<DetailsView>> Pages) : IResult
{
    private const string Head =
        "application,applicationName,className,classId,start,end,endedBy,userCount,usageType,seconds,minutes,packages,packageMinutes,"
        + "freeMinutes,payAsYouGoMinutes,uncoveredMinutes";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.ContentType = "text/csv; charset=utf-8";
        response.Headers.ContentDisposition = "attachment; filename=\"usage-details.csv\"";
        await response.WriteAsync(Head + Csv.End, httpContext.RequestAborted);
        foreach (IReadOnlyList<DetailsView> page in Pages)
        {
            var text = new StringBuilder();
            foreach (DetailsView row in page)
            {
                Csv.Write(text, Columns(row));
            }

            await response.WriteAsync(text.ToString(), httpContext.RequestAborted);
        }
    }

    private static IEnumerable<string?> Columns(DetailsView row) =>
    [
        row.Application, row.ApplicationName, row.ClassName, row.ClassId, JsonText.Of(row.Start),
        row.End is { } end ? JsonText.Of(end) : null, row.EndedBy, row.UserCount.ToString(), row.UsageType, row.Seconds.ToString(), row.Minutes,
        string.Join("; ", row.Packages.Select(package => $"{package.Package}: {package.Minutes}")), row.PackageMinutes, row.FreeMinutes,
        row.PayAsYouGoMinutes, row.UncoveredMinutes,
    ];
}

using System.Text;

namespace Minutebook.Server;

/// <summary>The list of classes as a file with the columns that the reader has, page by page as it is read.</summary>
internal sealed record ShownCsv(IReadOnlyList<DetailsColumn> Columns, IEnumerable<IReadOnlyList<DetailsView>> Pages) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.ContentType = "text/csv; charset=utf-8";
        response.Headers.ContentDisposition = "attachment; filename=\"usage-details.csv\"";
        await response.WriteAsync(string.Join(',', Columns.Select(column => column.CsvName)) + Csv.End, httpContext.RequestAborted);
        foreach (IReadOnlyList<DetailsView> page in Pages)
        {
            var text = new StringBuilder();
            foreach (DetailsView row in page)
            {
                Csv.Write(text, Columns.Select(column => column.Csv(row)));
            }

            await response.WriteAsync(text.ToString(), httpContext.RequestAborted);
        }
    }
}

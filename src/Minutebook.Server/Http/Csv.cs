using System.Buffers;
using System.Text;

namespace Minutebook.Server;

/// <summary>CSV as RFC 4180 has it, safe to open in a spreadsheet.</summary>
internal static class Csv
{
    public const string End = "\r\n";

    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");

    // What a spreadsheet would take for the beginning of a formula, full-width forms included.
    private static readonly SearchValues<char> Formula = SearchValues.Create("=+-@\t\r\n\0＝＋－＠");

    /// <summary>Writes a row. Texts are made safe; whatever else there is, numbers and amounts, is written as it is, below zero too.</summary>
    public static void Write(StringBuilder to, IEnumerable<object?> columns)
    {
        string separator = "";
        foreach (object? column in columns)
        {
            to.Append(separator).Append(column is string text ? Field(text) : column?.ToString());
            separator = ",";
        }

        to.Append(End);
    }

    public static string Field(string value)
    {
        string safe = value.Length > 0 && Formula.Contains(value[0]) ? "'" + value : value;
        return safe.AsSpan().ContainsAny(Quoted) ? $"\"{safe.Replace("\"", "\"\"")}\"" : safe;
    }
}

/// <summary>A whole CSV document, to be saved under a name.</summary>
internal sealed record CsvAnswer(string Text, string FileName) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        Download.WriteAsync(httpContext.Response, Encoding.UTF8.GetBytes(Text), "text/csv; charset=utf-8", FileName);
}

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

    public static void Write(StringBuilder to, IEnumerable<string?> columns)
    {
        string separator = "";
        foreach (string? column in columns)
        {
            to.Append(separator).Append(Field(column ?? ""));
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

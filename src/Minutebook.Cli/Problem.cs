using System.Net;
using System.Text.Json;

namespace Minutebook.Cli;

/// <summary>A refusal by the server: RFC 9457, as far as it was given.</summary>
/// <param name="Code">The stable code at the end of its type, or empty.</param>
/// <param name="Faults">Pointer and detail of each thing that is wrong.</param>
internal sealed record Problem(HttpStatusCode Status, string Code, string Detail, IReadOnlyList<(string Pointer, string Detail)> Faults)
{
    public static async Task<Problem> ReadAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        string body = await answer.Content.ReadAsStringAsync(stop);
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            JsonElement root = json.RootElement;
            string type = Text(root, "type");
            return new Problem(answer.StatusCode, type[(type.LastIndexOfAny(['/', ':', '#']) + 1)..], Text(root, "detail", Text(root, "title")), [.. FaultsIn(root)]);
        }
        catch (Exception trouble) when (trouble is JsonException or InvalidOperationException)
        {
            return new Problem(answer.StatusCode, "", answer.ReasonPhrase ?? "", []);
        }
    }

    public Failure ToFailure(string what) => new(ExitCode.Refused, $"{Sentence(what)} {Advice()}".TrimEnd());

    private string Sentence(string what)
    {
        string name = Code.Length == 0 ? $"{(int)Status}" : $"{(int)Status} {Code}";
        string detail = Detail.Length == 0 ? "" : $": {Detail.TrimEnd('.')}";
        // What one fault is, the detail says already.
        IEnumerable<string> faults = Faults.Select(fault => fault.Pointer.Length == 0 ? fault.Detail : $"{fault.Pointer}: {fault.Detail}").Where(fault => fault != Detail);
        return $"The server refused {what} ({name}){detail}." + string.Concat(faults.Take(10).Select(fault => $"\n  {fault}"));
    }

    private string Advice() => Status switch
    {
        HttpStatusCode.Unauthorized => "Give a valid key with --key, MINUTEBOOK_KEY, or the --data directory that holds the server's admin.key.",
        HttpStatusCode.Forbidden => "Use a key with the role for it.",
        HttpStatusCode.NotFound => "Check the name, and that the key may see it.",
        HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => "Try again a little later.",
        _ => "",
    };

    private static IEnumerable<(string, string)> FaultsIn(JsonElement root) =>
        root.TryGetProperty("errors", out JsonElement errors) && errors.ValueKind == JsonValueKind.Array
            ? errors.EnumerateArray().Select(error => (Text(error, "pointer"), Text(error, "detail")))
            : [];

    private static string Text(JsonElement json, string name, string without = "") =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : without;
}

namespace Minutebook.Server;

/// <summary>CloudEvents' binary mode: attributes in headers, data as the body.</summary>
internal static class BinaryMode
{
    private const string Prefix = "ce-";

    public static bool Is(HttpRequest request) => request.Headers.ContainsKey("ce-id") || request.Headers.ContainsKey("ce-specversion");

    // Beyond visible ASCII, attributes are percent-encoded UTF-8 (CloudEvents' HTTP binding, 3.1.3.2).
    public static IReadOnlyList<KeyValuePair<string, string>> Attributes(IHeaderDictionary headers) =>
    [
        .. headers.Where(header => header.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .Select(header => KeyValuePair.Create(
                header.Key[Prefix.Length..].ToLowerInvariant(), Uri.UnescapeDataString(header.Value.ToString()))),
    ];
}

namespace Minutebook.Server;

internal static class MediaType
{
    /// <summary>A Content-Type without its parameters.</summary>
    public static ReadOnlySpan<char> Of(string contentType)
    {
        int end = contentType.IndexOf(';');
        return (end < 0 ? contentType : contentType.AsSpan(0, end)).Trim();
    }

    public static bool Is(this ReadOnlySpan<char> type, string other) => type.Equals(other, StringComparison.OrdinalIgnoreCase);

    public static bool IsJson(string contentType)
    {
        ReadOnlySpan<char> type = Of(contentType);
        return type.Is("application/json") || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }
}

using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;

namespace Minutebook.Server;

/// <summary>The console's stylesheet and scripts, from the assembly. Their addresses carry a hash of the content, so that browsers keep them.</summary>
public static class ConsoleFiles
{
    public const string Path = "/assets/";

    private const string Folder = "assets/";

    private static readonly Dictionary<string, Asset> All = Read();
    private static readonly string Hash = Convert.ToHexStringLower(
        SHA256.HashData([.. All.OrderBy(asset => asset.Key, StringComparer.Ordinal).SelectMany(asset => asset.Value.Plain)]))[..12];

    /// <summary>The address of an asset by its file's name.</summary>
    public static string Of(string name) => $"{Path}{Hash}/{name}";

    internal static Task SendAsync(HttpContext http)
    {
        string name = (string?)http.GetRouteValue("name") ?? "";
        if ((string?)http.GetRouteValue("hash") != Hash || !All.TryGetValue(name, out Asset? asset))
        {
            return Problem.NotFound("such file").ExecuteAsync(http);
        }

        bool packed = http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        byte[] body = packed ? asset.Packed.Value : asset.Plain;
        HttpResponse response = http.Response;
        response.ContentType = name.EndsWith(".css", StringComparison.Ordinal) ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8";
        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        response.Headers.Vary = "Accept-Encoding";
        response.Headers.ContentEncoding = packed ? "gzip" : default;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body).AsTask();
    }

    private sealed record Asset(byte[] Plain)
    {
        public Lazy<byte[]> Packed { get; } = new(() =>
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
            {
                gzip.Write(Plain);
            }

            return packed.ToArray();
        });
    }

    private static Dictionary<string, Asset> Read()
    {
        Assembly assembly = typeof(ConsoleFiles).Assembly;
        Dictionary<string, Asset> all = [];
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)))
        {
            using Stream file = assembly.GetManifestResourceStream(name)!;
            byte[] content = new byte[file.Length];
            file.ReadExactly(content);
            all[name[Folder.Length..]] = new Asset(content);
        }

        return all;
    }
}

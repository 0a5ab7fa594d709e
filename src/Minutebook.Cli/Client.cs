using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Minutebook.Cli;

/// <summary>Speaks to a server; what goes wrong becomes a <see cref="Failure"/> with the right exit code.</summary>
internal sealed class Client : IDisposable
{
    private readonly HttpClient http;

    public Client(Uri address, string? key, HttpMessageHandler? transport = null)
    {
        Address = address;
        http = new HttpClient(transport ?? new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromMinutes(5),
        };
        http.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        http.DefaultRequestHeaders.Accept.ParseAdd("application/json");
    }

    public Uri Address { get; }

    public void Dispose() => http.Dispose();

    public async Task<JsonDocument> GetAsync(string path, CancellationToken stop)
    {
        using HttpResponseMessage answer = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), stop);
        return await ReadAsync(answer, path, stop);
    }

    /// <summary>The same; null where there is no such thing.</summary>
    public async Task<JsonDocument?> FindAsync(string path, CancellationToken stop)
    {
        using HttpResponseMessage answer = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), stop, mayBeMissing: true);
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync(answer, path, stop);
    }

    public async Task<JsonDocument?> SendJsonAsync(HttpMethod method, string path, string json, CancellationToken stop)
    {
        using HttpRequestMessage request = new(method, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        using HttpResponseMessage answer = await SendAsync(request, stop);
        return answer.StatusCode == HttpStatusCode.NoContent ? null : await ReadAsync(answer, path, stop);
    }

    /// <summary>All items of a list, over all its pages.</summary>
    public async Task<List<JsonElement>> ListAsync(string path, CancellationToken stop)
    {
        List<JsonElement> items = [];
        string joint = path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        string? cursor = null;
        do
        {
            string page = $"{path}{joint}limit=1000" + (cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}");
            using JsonDocument answer = await GetAsync(page, stop);
            items.AddRange(answer.RootElement.GetProperty("items").EnumerateArray().Select(item => item.Clone()));
            cursor = answer.RootElement.TryGetProperty("next", out JsonElement next) ? next.GetString() : null;
        }
        while (cursor is not null);
        return items;
    }

    /// <summary>One try; the caller judges the status. Throws <see cref="HttpRequestException"/> when there is no answer.</summary>
    public async Task<HttpResponseMessage> PostEventsAsync(ReadOnlyMemory<byte> lines, bool wait, CancellationToken stop)
    {
        using ReadOnlyMemoryContent content = new(lines);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        return await http.PostAsync(wait ? "/v1/events?wait=true" : "/v1/events", content, stop);
    }

    /// <summary>Whether the server says it is ready.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken stop)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync("/health/ready", stop);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public Failure Unreachable(HttpRequestException trouble) => new(
        ExitCode.Unreachable,
        $"Cannot reach {Address}: {trouble.InnerException?.Message ?? trouble.Message}. Start a server with './minutebook serve', or name another with --url.",
        trouble);

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken stop, bool mayBeMissing = false)
    {
        try
        {
            HttpResponseMessage answer = await http.SendAsync(request, stop);
            if (answer.IsSuccessStatusCode || (mayBeMissing && answer.StatusCode == HttpStatusCode.NotFound))
            {
                return answer;
            }

            using (answer)
            {
                Problem problem = await Problem.ReadAsync(answer, stop);
                throw problem.ToFailure($"{request.Method} {PathOf(request)}");
            }
        }
        catch (HttpRequestException trouble)
        {
            throw Unreachable(trouble);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new Failure(ExitCode.Unreachable, $"{Address} has not answered {request.Method} {PathOf(request)} for {http.Timeout.TotalMinutes:0} minutes. Look at its log, then try again.");
        }
    }

    private async Task<JsonDocument> ReadAsync(HttpResponseMessage answer, string path, CancellationToken stop)
    {
        try
        {
            return await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(stop), cancellationToken: stop);
        }
        catch (JsonException)
        {
            throw new Failure(ExitCode.Failed, $"{Address} answered {path} with something that is not JSON. Is it a Minutebook server? Check --url.");
        }
    }

    private static string PathOf(HttpRequestMessage request) =>
        request.RequestUri is { IsAbsoluteUri: true } absolute ? absolute.AbsolutePath : $"{request.RequestUri}";
}

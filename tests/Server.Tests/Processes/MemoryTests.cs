using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Xunit;

namespace Minutebook.Server.Tests.Processes;

public sealed class MemoryTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    /// <summary>The heap may not grow beyond 512 MiB: with what the bombs unpack to, the process would end.</summary>
    [Fact]
    public async Task Bombs_of_gigabytes_cost_the_limit_of_a_body_and_no_more()
    {
        using ServingProcess server = ServingProcess.Start(directory, "2027-01-01T00:00:00Z", ("DOTNET_GCHeapHardLimit", "0x20000000"));
        using HttpClient client = await server.ClientAsync();
        byte[] bomb = Packed.Bomb(mebibytes: 4096);
        for (int i = 0; i < 4; i++)
        {
            using HttpResponseMessage refused = await PostAsync(client, bomb, "gzip");
            Assert.True(refused.StatusCode == HttpStatusCode.RequestEntityTooLarge, $"bomb {i}: {refused.StatusCode}\n{server.Said}");
            await Served.ProblemAsync(refused, 413, "payload-too-large");
        }

        using HttpResponseMessage taken = await PostAsync(client, Encoding.UTF8.GetBytes("[]"), null);
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        Assert.False(server.HasExited, server.Said);
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, byte[] body, string? encoding)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (encoding is not null)
        {
            request.Content.Headers.ContentEncoding.Add(encoding);
        }

        return client.SendAsync(request);
    }
}

using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Minutebook.Server.Tests.Security;

/// <summary>Requests whose end two readers could see differently: each is refused, and its connection closed, so that nothing hides behind it.</summary>
public sealed class FramingTests(Served served) : IClassFixture<Served>
{
    private const string Body = """{"application":"a","action":"class.create"}""";

    public static TheoryData<string, string> Requests => new()
    {
        { "a length and chunks", $"Content-Length: {Body.Length}\r\nTransfer-Encoding: chunked\r\n\r\n2b\r\n{Body}\r\n0\r\n\r\n" },
        { "two lengths", $"Content-Length: {Body.Length}\r\nContent-Length: 5\r\n\r\n{Body}" },
        { "a length of two numbers", $"Content-Length: {Body.Length}, {Body.Length}\r\n\r\n{Body}" },
        { "a length in hexadecimal", $"Content-Length: 0x2b\r\n\r\n{Body}" },
        { "a negative length", $"Content-Length: -1\r\n\r\n{Body}" },
        { "a folded header", $"X-Folded: a\r\n b\r\nContent-Length: {Body.Length}\r\n\r\n{Body}" },
        { "a space before the colon", $"Content-Length : {Body.Length}\r\n\r\n{Body}" },
        { "a header without a colon", $"Nonsense\r\nContent-Length: {Body.Length}\r\n\r\n{Body}" },
        { "a zero byte in a header", $"X-Zero: a\0b\r\nContent-Length: {Body.Length}\r\n\r\n{Body}" },
        { "chunks that are not the last coding", $"Transfer-Encoding: chunked, identity\r\n\r\n2b\r\n{Body}\r\n0\r\n\r\n" },
        { "an unknown coding", $"Transfer-Encoding: xchunked\r\n\r\n2b\r\n{Body}\r\n0\r\n\r\n" },
        { "a chunk extension that ends in a bare line feed", $"Transfer-Encoding: chunked\r\n\r\n2b;a\n{Body}\r\n0\r\n\r\n" },
        { "a chunk size that is none", $"Transfer-Encoding: chunked\r\n\r\nzz\r\n{Body}\r\n0\r\n\r\n" },
        { "a chunk size beyond all numbers", $"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{Body}\r\n0\r\n\r\n" },
        { "a chunk longer than it says", $"Transfer-Encoding: chunked\r\n\r\n05\r\n{Body}\r\n0\r\n\r\n" },
        { "two hosts", $"Host: other\r\nContent-Length: {Body.Length}\r\n\r\n{Body}" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_request_that_can_be_read_in_two_ways_is_refused_and_its_connection_ends(string what, string rest)
    {
        // What hides behind it must never be answered.
        string hidden = $"GET /v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.Key}\r\n\r\n";
        string said = await TalkAsync($"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.Key}\r\nContent-Type: application/json\r\n{rest}{hidden}");

        Assert.True(said.StartsWith("HTTP/1.1 4", StringComparison.Ordinal) || said.StartsWith("HTTP/1.1 501", StringComparison.Ordinal), $"{what}: {said}");
        Assert.DoesNotContain("\"items\"", said);
        Assert.Equal(1, said.Split("HTTP/1.1 ").Length - 1);
    }

    [Fact]
    public async Task What_is_well_formed_goes_on()
    {
        string head = $"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.Key}\r\nContent-Type: application/json\r\n";
        string said = await TalkAsync($"{head}Content-Length: {Body.Length}\r\n\r\n{Body}{head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{Body.Length:x}\r\n{Body}\r\n0\r\n\r\n");
        Assert.Equal(2, said.Split("unknown-application").Length - 1);
    }

    [Theory]
    [InlineData("GET /v1/accounts HTTP/1.1\r\n\r\n")]
    [InlineData("GET /v1/accounts\r\n\r\n")]
    [InlineData("GET  /v1/accounts HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /v1/accounts HTTP/3.7\r\nHost: x\r\n\r\n")]
    [InlineData("G\0T /v1/accounts HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000")]
    public async Task What_is_no_request_is_refused(string request) =>
        Assert.Matches("^HTTP/1.1 (4|505)", await TalkAsync(request));

    [Theory]
    [InlineData(20_000, 0)]
    [InlineData(0, 40_000)]
    public async Task A_line_or_headers_beyond_all_measure_are_refused(int line, int header)
    {
        string said = await TalkAsync($"GET /{new string('a', line)} HTTP/1.1\r\nHost: x\r\nX: {new string('b', header)}\r\n\r\n");
        Assert.Matches("^HTTP/1.1 4(14|31)", said);
    }

    private async Task<string> TalkAsync(string request)
    {
        var address = new Uri(served.Host.Address);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        NetworkStream stream = client.GetStream();
        StringBuilder said = new();
        byte[] buffer = new byte[16 << 10];
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), over.Token);
            for (int read; (read = await stream.ReadAsync(buffer, over.Token)) > 0;)
            {
                said.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // It was closed with what we still had to say.
        }

        return said.ToString();
    }
}

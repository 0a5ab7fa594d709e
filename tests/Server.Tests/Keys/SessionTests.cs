using Microsoft.AspNetCore.Http;
using Xunit;

namespace Minutebook.Server.Tests;

public sealed class SessionTests(Served served) : IClassFixture<Served>
{
    private sealed class Watch : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 2, 8, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    [Theory]
    [InlineData("X-By-Itself", "1", false)]
    [InlineData("Accept", "text/event-stream", false)]
    [InlineData("Accept", "text/html", true)]
    public async Task What_a_page_asks_by_itself_keeps_nobody_signed_in(string header, string value, bool keeps)
    {
        var watch = new Watch();
        await using var keyring = new Keyring(new AdminKey("a key of the test"), served.Host.Engine, TimeProvider.System, 0);
        var sessions = new Sessions(keyring, served.Host.Engine.Store.Outbox, Seal.Of(served.Data), 0, watch);
        var signing = new DefaultHttpContext();
        sessions.Begin(signing, keyring.CallerWith("a key of the test")!);
        string cookie = signing.Response.Headers.SetCookie.ToString().Split(';')[0];
        DefaultHttpContext Asking()
        {
            var http = new DefaultHttpContext();
            http.Request.Headers.Cookie = cookie;
            return http;
        }

        watch.Now += TimeSpan.FromMinutes(50);
        DefaultHttpContext asking = Asking();
        asking.Request.Headers[header] = value;
        Assert.NotNull(sessions.CallerOf(asking));
        watch.Now += TimeSpan.FromMinutes(50);
        Assert.Equal(keeps, sessions.CallerOf(Asking()) is not null);
    }
}

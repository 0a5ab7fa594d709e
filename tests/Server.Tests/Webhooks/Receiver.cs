using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>A customer's endpoint on the loopback, which answers as it is told and keeps what it got.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private Receiver(WebApplication app) => this.app = app;

    /// <summary>A request as it came.</summary>
    public sealed record Got(string Path, IReadOnlyDictionary<string, string> Headers, string Body, DateTimeOffset At)
    {
        public string Id => Headers["webhook-id"];
    }

    public ConcurrentQueue<Got> All { get; } = new();

    /// <summary>What it answers to its n-th request, from 1; it may take its time.</summary>
    public Func<int, Got, Task<int>> Answer { get; set; } = static (_, _) => Task.FromResult(204);

    /// <summary>What it asks of who was not answered 2xx: seconds, or a date.</summary>
    public string? RetryAfter { get; set; }

    public string Url => app.Urls.First() + "/hook";

    public static async Task<Receiver> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        WebApplication app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var receiver = new Receiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>Waits until it has got that many.</summary>
    public async Task<Got[]> GetAsync(int count)
    {
        for (DateTimeOffset until = DateTimeOffset.UtcNow.AddSeconds(60); All.Count < count; await Task.Delay(20))
        {
            Assert.True(DateTimeOffset.UtcNow < until, $"{All.Count} of {count} came within a minute.");
        }

        return [.. All];
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        string body = await new StreamReader(http.Request.Body).ReadToEndAsync();
        var got = new Got(
            http.Request.Path, http.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()), body, DateTimeOffset.UtcNow);
        All.Enqueue(got);
        int status = await Answer(All.Count, got);
        http.Response.StatusCode = status;
        if (status >= 300 && RetryAfter is not null)
        {
            http.Response.Headers.RetryAfter = RetryAfter;
        }

        if (status is >= 300 and < 400)
        {
            http.Response.Headers.Location = "/elsewhere";
        }
    }
}

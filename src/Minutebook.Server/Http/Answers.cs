using System.Text.Json;

namespace Minutebook.Server;

/// <summary>An answer as JSON.</summary>
internal sealed record JsonAnswer<T>(T Value, int Status) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(Value, JsonText.Options);
        return new RawJson(body, Status).ExecuteAsync(httpContext);
    }
}

/// <summary>An answer that is JSON already.</summary>
internal sealed record RawJson(ReadOnlyMemory<byte> Body, int Status = 200) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "application/json";
        response.ContentLength = Body.Length;
        return response.Body.WriteAsync(Body).AsTask();
    }
}

/// <summary>Done, and nothing to say.</summary>
internal sealed record Nothing : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}

/// <summary>Go there by GET.</summary>
internal sealed record SeeOther(string To) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = To;
        return Task.CompletedTask;
    }
}

/// <summary>A page of a list.</summary>
internal sealed record ListView<T>(IReadOnlyList<T> Items, string? Next);

internal static class Answer
{
    public static IResult Json<T>(T value, int status = 200) => new JsonAnswer<T>(value, status);

    public static IResult Json<T>(T value, bool created) => new JsonAnswer<T>(value, created ? 201 : 200);

    /// <summary>A list of which one more than the limit was fetched, to know whether there is a next page.</summary>
    public static IResult List<TRow, T>(IReadOnlyList<TRow> rows, int limit, Func<TRow, T> view, Func<TRow, string> cursor) =>
        Json(Page(rows, limit, view, cursor));

    public static ListView<T> Page<TRow, T>(IReadOnlyList<TRow> rows, int limit, Func<TRow, T> view, Func<TRow, string> cursor) => new(
        [.. rows.Take(limit).Select(view)],
        rows.Count > limit ? cursor(rows[limit - 1]) : null);
}

using Microsoft.Net.Http.Headers;

namespace Minutebook.Server;

/// <summary>A document to be saved under a name of its own.</summary>
internal static class Download
{
    public static Task WriteAsync(HttpResponse response, ReadOnlyMemory<byte> body, string contentType, string fileName)
    {
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(fileName);
        response.ContentType = contentType;
        response.Headers.ContentDisposition = disposition.ToString();
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body).AsTask();
    }
}

/// <summary>A PDF document.</summary>
internal sealed record PdfAnswer(ReadOnlyMemory<byte> Body, string FileName) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        Download.WriteAsync(httpContext.Response, Body, Accept.Pdf, FileName);
}

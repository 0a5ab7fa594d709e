using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;

namespace Minutebook.Server;

/// <summary>A page in plain HTML, without scripts and with one style sheet inside.</summary>
internal sealed record Html(string Title, string Body, int Status = 200) : IResult
{
    private const string Style = """
        body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem;color:#1c2430;background:#fff}
        h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
        th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #e3e7ec}.n{text-align:right;font-variant-numeric:tabular-nums}
        meter{width:18rem;height:.9rem}input,button{font:inherit;padding:.3rem .5rem}p.wrong{color:#a4161a}
        @media (prefers-color-scheme:dark){body{color:#e6e9ee;background:#14181f}th,td{border-color:#2c333e}a{color:#8ab4f8}}
        """;

    // Nothing but this sheet is let in: names in the page are strangers' texts.
    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static string Text(string? text) => HtmlEncoder.Default.Encode(text ?? "");

    public Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers["Referrer-Policy"] = "no-referrer";
        return response.WriteAsync($"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{Text(Title)}</title>
            <style>{Style}</style></head><body>
            {Body}
            </body></html>
            """);
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace Minutebook.Server.Tests;

/// <summary>A little provider of OpenID Connect, which signs in whomever it is told to, and lies when it is told to.</summary>
internal sealed class Provider : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly RSA rsa = RSA.Create(2048);
    private readonly ECDsa curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Dictionary<string, (string Nonce, string Challenge, string Redirect)> codes = [];

    private Provider(WebApplication app) => this.app = app;

    public string Issuer => app.Urls.First();

    /// <summary>Changes the claims of the next tokens.</summary>
    public Action<Dictionary<string, object>> Claims { get; set; } = static _ => { };

    /// <summary>Changes the next tokens themselves.</summary>
    public Func<string, string> Token { get; set; } = static token => token;

    public string Algorithm { get; set; } = "RS256";

    /// <summary>Whether it says where people sign out.</summary>
    public bool EndsSessions { get; set; } = true;

    public List<IQueryCollection> Asked { get; } = [];

    public string? Login { get; private set; }

    public static async Task<Provider> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        WebApplication app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var provider = new Provider(app);
        app.Run(provider.AnswerAsync);
        await app.StartAsync();
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        rsa.Dispose();
        curve.Dispose();
    }

    private Task AnswerAsync(HttpContext http) => http.Request.Path.Value switch
    {
        "/.well-known/openid-configuration" => JsonAsync(http, About()),
        "/keys" => JsonAsync(http, new { keys = Keys() }),
        "/authorize" => AuthorizeAsync(http),
        "/token" => TokenAsync(http),
        _ => StatusAsync(http, 404),
    };

    private Dictionary<string, string> About()
    {
        Dictionary<string, string> about = new()
        {
            ["issuer"] = Issuer,
            ["authorization_endpoint"] = Issuer + "/authorize",
            ["token_endpoint"] = Issuer + "/token",
            ["jwks_uri"] = Issuer + "/keys",
        };
        if (EndsSessions)
        {
            about["end_session_endpoint"] = Issuer + "/end?at=once";
        }

        return about;
    }

    private object[] Keys()
    {
        RSAParameters its = rsa.ExportParameters(false);
        ECPoint point = curve.ExportParameters(false).Q;
        return
        [
            new { kid = "rsa", kty = "RSA", use = "sig", n = Base64Url.EncodeToString(its.Modulus), e = Base64Url.EncodeToString(its.Exponent) },
            new { kid = "ec", kty = "EC", crv = "P-256", x = Base64Url.EncodeToString(point.X), y = Base64Url.EncodeToString(point.Y) },
        ];
    }

    /// <summary>Signs in without a question, and sends back with a code.</summary>
    private Task AuthorizeAsync(HttpContext http)
    {
        IQueryCollection query = http.Request.Query;
        Asked.Add(query);
        string code = $"code-{codes.Count}";
        codes.Add(code, (query["nonce"]!, query["code_challenge"]!, query["redirect_uri"]!));
        http.Response.Redirect($"{query["redirect_uri"]}?code={code}&state={query["state"]}");
        return Task.CompletedTask;
    }

    private async Task TokenAsync(HttpContext http)
    {
        var form = QueryHelpers.ParseQuery(await new StreamReader(http.Request.Body).ReadToEndAsync());
        Login = http.Request.Headers.Authorization;
        string challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        if (!codes.Remove(form["code"].ToString(), out var its) || its.Challenge != challenge || its.Redirect != form["redirect_uri"])
        {
            await StatusAsync(http, 400);
            return;
        }

        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Dictionary<string, object> claims = new()
        {
            ["iss"] = Issuer,
            ["aud"] = "book",
            ["sub"] = "ada",
            ["name"] = "Ada",
            ["nonce"] = its.Nonce,
            ["iat"] = now,
            ["exp"] = now + 300,
            ["minutebook"] = "admin",
        };
        Claims(claims);
        await JsonAsync(http, new { id_token = Token(Signed(claims)), token_type = "Bearer" });
    }

    private string Signed(Dictionary<string, object> claims)
    {
        string Part(object part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));
        bool isCurve = Algorithm == "ES256";
        string signed = $"{Part(new { alg = Algorithm, kid = isCurve ? "ec" : "rsa" })}.{Part(claims)}";
        byte[] bytes = Encoding.ASCII.GetBytes(signed);
        byte[] signature = Algorithm switch
        {
            "ES256" => curve.SignData(bytes, HashAlgorithmName.SHA256),
            // The known trick: the public key as the secret of a symmetric signature.
            "HS256" => HMACSHA256.HashData(rsa.ExportSubjectPublicKeyInfo(), bytes),
            "none" => [],
            _ => rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        };
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static Task JsonAsync(HttpContext http, object body)
    {
        http.Response.ContentType = "application/json";
        return http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body)).AsTask();
    }

    private static Task StatusAsync(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}

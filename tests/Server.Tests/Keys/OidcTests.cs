using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>Signing in by a provider of OpenID Connect, as a browser does it, and as those do who would like to be somebody else.</summary>
public sealed class OidcTests : IAsyncLifetime
{
    private Provider provider = null!;
    private Served served = null!;

    public async Task InitializeAsync()
    {
        provider = await Provider.StartAsync();
        // The address is known only once it listens; tests follow redirects to the path alone.
        served = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0), null, options => options with
        {
            Oidc = new OidcSettings(new Uri(provider.Issuer), "book", "s3cret", new Uri("http://127.0.0.1"), "minutebook", "Campus ID"),
        });
        await served.TwoSchoolsAsync("own", "other");
    }

    public async Task DisposeAsync()
    {
        await served.DisposeAsync();
        await provider.DisposeAsync();
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task Who_signs_in_there_is_who_the_claim_says_here(string algorithm)
    {
        provider.Algorithm = algorithm;
        using HttpClient browser = Browser();
        Assert.Contains("Sign in with Campus ID", await browser.GetStringAsync("/login"));

        HttpResponseMessage signed = await SignAsync(browser, "/login/oidc?to=%2Faccounts%2Fown%2Fusage");
        Assert.Equal(HttpStatusCode.OK, signed.StatusCode);
        // A redirect would still come from the other site, and SameSite=Strict would keep the cookie back.
        Assert.Contains("content=\"0;url=/accounts/own/usage\"", await signed.Content.ReadAsStringAsync());
        string cookie = signed.Headers.GetValues("Set-Cookie").Single(one => one.StartsWith("minutebook-session", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/accounts/own/usage")).StatusCode);
        var asked = Assert.Single(provider.Asked);
        Assert.Equal(("code", "S256", "book"), (asked["response_type"].ToString(), asked["code_challenge_method"].ToString(), asked["client_id"].ToString()));
        Assert.Contains("openid", asked["scope"].ToString().Split(' '));
        Assert.Equal("Basic " + Convert.ToBase64String("book:s3cret"u8), provider.Login);
    }

    [Theory]
    [InlineData("operator", 200, 200)]
    [InlineData("account:own", 200, 404)]
    [InlineData("department:own:Physics", 403, 404)]
    public async Task Roles_are_those_of_keys(string claim, int own, int other)
    {
        provider.Claims = claims => claims["minutebook"] = new[] { "something else", claim };
        using HttpClient browser = Browser();
        await SignAsync(browser);

        Assert.Equal(own, (int)(await browser.GetAsync("/accounts/own/usage")).StatusCode);
        Assert.Equal(other, (int)(await browser.GetAsync("/accounts/other/usage")).StatusCode);
        Assert.Equal(403, (int)(await browser.GetAsync("/accounts/own/keys")).StatusCode);
    }

    [Fact]
    public async Task What_they_do_is_written_down_under_their_name()
    {
        using HttpClient browser = Browser();
        await SignAsync(browser);
        string page = await browser.GetStringAsync("/accounts/own/standing");
        string token = System.Text.RegularExpressions.Regex.Match(page, "name=\"token\" value=\"([^\"]+)\"").Groups[1].Value;
        HttpResponseMessage done = await browser.PostAsync("/accounts/own/topups", new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = token, ["amount"] = "5", ["reference"] = "r" }));
        Assert.Equal(HttpStatusCode.SeeOther, done.StatusCode);

        JsonElement entry = (await served.GetAsync("/v1/audit?account=own")).GetProperty("items")[0];
        Assert.Equal(("oidc:ada", "Ada", "top-up"), (entry.GetProperty("key").GetString(), entry.GetProperty("name").GetString(), entry.GetProperty("action").GetString()));
    }

    [Fact]
    public async Task Who_has_no_role_here_is_nobody()
    {
        provider.Claims = claims => claims["minutebook"] = new[] { "root", "account:", "department:own" };
        using HttpClient browser = Browser();

        Assert.Equal(HttpStatusCode.Forbidden, (await SignAsync(browser)).StatusCode);
        Assert.StartsWith("/login", (await browser.GetAsync("/")).Headers.Location!.ToString());
    }

    public static TheoryData<string> Lies =>
        ["iss", "aud", "aud-azp", "exp", "iat", "nonce", "no-nonce", "sub", "none", "HS256", "signature", "payload", "garbage", "no-exp"];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_token_that_is_not_good_signs_nobody_in(string lie)
    {
        provider.Algorithm = lie is "none" or "HS256" ? lie : "RS256";
        provider.Claims = claims =>
        {
            _ = lie switch
            {
                "iss" => claims["iss"] = "https://evil.example",
                "aud" => claims["aud"] = "somebody else",
                "aud-azp" => claims["aud"] = new[] { "book", "somebody else" },
                "exp" => claims["exp"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 120,
                "iat" => claims["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 600,
                "nonce" => claims["nonce"] = "another",
                "no-nonce" => claims.Remove("nonce"),
                "no-exp" => claims.Remove("exp"),
                "sub" => claims["sub"] = "",
                _ => 0 as object,
            };
        };
        provider.Token = token => lie switch
        {
            "signature" => token[..^4] + (token[^4..] == "AAAA" ? "BBBB" : "AAAA"),
            "payload" => string.Join('.', token.Split('.') is [var head, var body, var signature] ? [head, Forged(body), signature] : []),
            "garbage" => "not.a.token",
            _ => token,
        };
        using HttpClient browser = Browser();

        HttpResponseMessage refused = await SignAsync(browser);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.DoesNotContain(refused.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [], cookie => cookie.StartsWith("minutebook-session=", StringComparison.Ordinal));
        Assert.StartsWith("/login", (await browser.GetAsync("/")).Headers.Location!.ToString());
    }

    [Fact]
    public async Task A_code_counts_only_for_the_browser_that_began_and_once()
    {
        using HttpClient victim = Browser();
        using HttpClient attacker = Browser();
        Uri back = await BackAsync(attacker);

        // An attacker's code in a victim's browser must not sign the victim in as the attacker.
        Assert.Equal(HttpStatusCode.Unauthorized, (await victim.GetAsync(back.PathAndQuery)).StatusCode);
        // Nor with a beginning of the victim's own.
        await BackAsync(victim);
        Assert.Equal(HttpStatusCode.Unauthorized, (await victim.GetAsync(back.PathAndQuery)).StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await attacker.GetAsync(back.PathAndQuery)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await attacker.GetAsync(back.PathAndQuery)).StatusCode);
        foreach (string path in (string[])["/login/oidc/callback", "/login/oidc/callback?code=x", "/login/oidc/callback?state=x&code=y", "/login/oidc/callback?error=access_denied"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await victim.GetAsync(path)).StatusCode);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_signs_out_here_is_sent_to_sign_out_there_where_the_provider_says_where(bool announced)
    {
        provider.EndsSessions = announced;
        using HttpClient browser = Browser();
        string? token = null;
        provider.Token = given => token = given;
        await SignAsync(browser);
        string form = Regex.Match(await browser.GetStringAsync("/"), "name=\"token\" value=\"([^\"]+)\"").Groups[1].Value;
        HttpResponseMessage left = await browser.PostAsync("/logout", new FormUrlEncodedContent([new("token", form)]));

        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/")).StatusCode);
        if (!announced)
        {
            Assert.Equal("/login", left.Headers.Location!.ToString());
            return;
        }

        // A page that goes on by itself: the policy of the console's pages lets no form lead to another site.
        string page = WebUtility.HtmlDecode(await left.Content.ReadAsStringAsync());
        var there = new Uri(Regex.Match(page, "content=\"0;url=([^\"]+)\"").Groups[1].Value);
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(there.Query);
        Assert.StartsWith(provider.Issuer + "/end?", there.AbsoluteUri);
        Assert.Equal(("once", token, "book", "http://127.0.0.1/login"),
            (query["at"].ToString(), query["id_token_hint"].ToString(), query["client_id"].ToString(), query["post_logout_redirect_uri"].ToString()));
    }

    [Fact]
    public async Task It_leads_nowhere_else_afterwards()
    {
        foreach (string elsewhere in (string[])["https://evil.example", "//evil.example", "/\\evil.example"])
        {
            using HttpClient browser = Browser();
            HttpResponseMessage signed = await SignAsync(browser, "/login/oidc?to=" + Uri.EscapeDataString(elsewhere));
            Assert.Contains("content=\"0;url=/\"", await signed.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Without_a_provider_there_is_no_such_sign_in()
    {
        await using Served plain = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0));
        Assert.Equal(HttpStatusCode.NotFound, (await plain.Client.GetAsync("/login/oidc")).StatusCode);
        Assert.DoesNotContain("oidc", await plain.Client.GetStringAsync("/login"));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("ISSUER=https://id.example;CLIENT_ID=book;ADDRESS=https://book.example", "")]
    [InlineData("ISSUER=http://id.example;CLIENT_ID=book;ADDRESS=https://book.example", "ISSUER")]
    [InlineData("ISSUER=https://id.example;CLIENT_ID=book;ADDRESS=http://book.example", "ADDRESS")]
    [InlineData("ISSUER=https://id.example;ADDRESS=https://book.example", "CLIENT_ID")]
    public void Settings_that_cannot_be_are_refused_at_the_start(string settings, string? wrong)
    {
        Dictionary<string, string> variables = settings.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('=')).ToDictionary(one => one[0], one => one[1]);
        OidcSettings? Read() => OidcSettings.Of(variables.GetValueOrDefault);
        if (wrong is { Length: > 0 })
        {
            Assert.Contains(wrong, Assert.Throws<FormatException>(Read).Message);
        }
        else
        {
            Assert.Equal(wrong is null ? null : "https://book.example/login/oidc/callback", Read()?.Callback);
        }
    }

    private static string Forged(string body)
    {
        string text = System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(body)).Replace("ada", "eve", StringComparison.Ordinal);
        return System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(text));
    }

    private async Task<HttpResponseMessage> SignAsync(HttpClient browser, string path = "/login/oidc") => await browser.GetAsync((await BackAsync(browser, path)).PathAndQuery);

    /// <summary>To the provider, and to where it sends back.</summary>
    private static async Task<Uri> BackAsync(HttpClient browser, string path = "/login/oidc")
    {
        HttpResponseMessage there = await browser.GetAsync(path);
        Assert.Equal(HttpStatusCode.SeeOther, there.StatusCode);
        using var elsewhere = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        return (await elsewhere.GetAsync(there.Headers.Location)).Headers.Location!;
    }

    private HttpClient Browser()
    {
        var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(served.Host.Address) };
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        return browser;
    }
}

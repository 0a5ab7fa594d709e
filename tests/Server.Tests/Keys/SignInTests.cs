using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>Signing in at the console, as a browser does it.</summary>
public sealed class SignInTests(Served served) : IClassFixture<Served>
{
    [Fact]
    public async Task A_session_is_as_good_as_its_key()
    {
        await served.TwoSchoolsAsync("signed", "unsigned");
        (string id, string key) = await served.MakeAsync(new { name = "x", role = "account", account = "signed" });
        using HttpClient browser = Browser();

        HttpResponseMessage signed = await SignAsync(browser, key);
        Assert.Equal("/", signed.Headers.Location!.ToString());
        string page = await browser.GetStringAsync("/");
        Assert.Contains("signed", page);
        Assert.DoesNotContain("unsigned", page);
        Assert.Equal(HttpStatusCode.OK, (await browser.SendAsync(FromOurPage("/v1/accounts/signed"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.SendAsync(FromOurPage("/v1/accounts/unsigned"))).StatusCode);

        await served.Client.DeleteAsync($"/v1/keys/{id}");
        Assert.Equal("/login", (await browser.GetAsync("/")).Headers.Location!.ToString());
    }

    [Fact]
    public async Task Who_comes_for_a_page_gets_it_after_signing_in_and_is_led_nowhere_else()
    {
        using HttpClient browser = Browser();

        string login = (await browser.GetAsync("/accounts/x/usage?from=2027-01-01")).Headers.Location!.ToString();
        Assert.Equal("/login?to=%2Faccounts%2Fx%2Fusage%3Ffrom%3D2027-01-01", login);
        Assert.Equal("/accounts/x/usage?from=2027-01-01", (await SignAsync(browser, served.Key, login)).Headers.Location!.ToString());
        foreach (string elsewhere in (string[])["https://evil.example", "//evil.example", "/\\evil.example", "/%0d%0aSet-Cookie:x=y"])
        {
            HttpResponseMessage back = await SignAsync(browser, served.Key, "/login?to=" + (elsewhere.StartsWith("/%") ? elsewhere : Uri.EscapeDataString(elsewhere)));
            Assert.Equal("/", back.Headers.Location!.ToString());
        }
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    public async Task Another_site_can_neither_sign_in_nor_act_nor_read_with_a_session(string header, string value)
    {
        using HttpClient browser = Browser();
        await SignAsync(browser, served.Key);

        using var login = new HttpRequestMessage(HttpMethod.Post, "/login") { Content = Filled(("key", served.Key)) };
        login.Headers.Add(header, value);
        await Served.ProblemAsync(await browser.SendAsync(login), 403, "forbidden");
        using var logout = new HttpRequestMessage(HttpMethod.Post, "/logout") { Content = Filled(("token", "x")) };
        logout.Headers.Add(header, value);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.SendAsync(logout)).StatusCode);
        using var read = new HttpRequestMessage(HttpMethod.Get, "/v1/accounts");
        read.Headers.Add(header, value);
        await Served.ProblemAsync(await browser.SendAsync(read), 401, "unauthenticated");
        using var write = new HttpRequestMessage(HttpMethod.Put, "/v1/accounts/x") { Content = Filled() };
        write.Headers.Add(header, value);
        await Served.ProblemAsync(await browser.SendAsync(write), 401, "unauthenticated");
    }

    [Fact]
    public async Task A_form_without_the_sessions_token_is_refused()
    {
        using HttpClient browser = Browser();
        await SignAsync(browser, served.Key);

        await Served.ProblemAsync(await browser.PostAsync("/logout", Filled()), 403, "forbidden");
        await Served.ProblemAsync(await browser.PostAsync("/logout", Filled(("token", "guessed"))), 403, "forbidden");
        string page = await browser.GetStringAsync("/");
        string token = Regex.Match(page, "name=\"token\" value=\"([^\"]+)\"").Groups[1].Value;
        Assert.Equal("/login", (await browser.PostAsync("/logout", Filled(("token", token)))).Headers.Location!.ToString());
        Assert.Equal("/login", (await browser.GetAsync("/")).Headers.Location!.ToString());
    }

    [Fact]
    public async Task Signing_in_with_wrong_keys_ends_after_some_attempts()
    {
        await using Served its = await Served.StartAsync(NodaTime.Instant.FromUtc(2027, 1, 1, 0, 0));
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = its.Client.BaseAddress };
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => SignAsync(browser, "wrong")));

        Assert.Contains(answers, static answer => answer.StatusCode == HttpStatusCode.Unauthorized);
        HttpResponseMessage tooMany = Assert.IsType<HttpResponseMessage>(Array.Find(answers, static answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
        Assert.Equal(TimeSpan.FromSeconds(3), tooMany.Headers.RetryAfter?.Delta);
    }

    private HttpClient Browser()
    {
        var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = served.Client.BaseAddress };
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        return client;
    }

    private static HttpRequestMessage FromOurPage(string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        return request;
    }

    private static Task<HttpResponseMessage> SignAsync(HttpClient client, string key, string to = "/login") => client.PostAsync(to, Filled(("key", key)));

    private static FormUrlEncodedContent Filled(params (string Name, string Value)[] fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
}

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Minutebook.Server;

/// <summary>What the provider says of itself, and what it answers: its addresses, its keys, and identity tokens for codes.</summary>
internal sealed class OidcProvider : IDisposable
{
    private const int MostBytes = 256 << 10;
    private static readonly TimeSpan KeepFor = TimeSpan.FromHours(1);
    private static readonly TimeSpan FailsFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(1);

    private readonly OidcSettings settings;
    private readonly TimeProvider time;
    private readonly HttpClient client;
    private readonly SemaphoreSlim reading = new(1);
    private Known? known;
    private (OidcException Why, DateTimeOffset At)? failed;

    public OidcProvider(OidcSettings settings, TimeProvider time)
    {
        (this.settings, this.time) = (settings, time);
        client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            Timeout = TimeSpan.FromSeconds(10),
            MaxResponseContentBufferSize = MostBytes,
        };
    }

    private sealed record Known(Uri Authorize, Uri Token, Uri? End, IReadOnlyList<JsonElement> Keys, DateTimeOffset At);

    /// <summary>Where people sign in.</summary>
    /// <exception cref="OidcException">The provider does not answer, or not as it should.</exception>
    public async Task<Uri> AuthorizeAsync() => (await KnownAsync(KeepFor)).Authorize;

    /// <summary>Where people sign out; null where they cannot.</summary>
    /// <exception cref="OidcException">The provider does not answer, or not as it should.</exception>
    public async Task<Uri?> EndAsync() => (await KnownAsync(KeepFor)).End;

    /// <summary>The keys that it signs with. Those of an unknown id are looked for again, but not all the time.</summary>
    public async Task<IReadOnlyList<JsonElement>> KeysAsync(string? id)
    {
        IReadOnlyList<JsonElement> keys = (await KnownAsync(KeepFor)).Keys;
        return keys.Any(key => OidcToken.IdOf(key) == id) ? keys : (await KnownAsync(LookAgainAfter)).Keys;
    }

    /// <summary>The identity token for a code.</summary>
    public async Task<string> ExchangeAsync(string code, string verifier)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, (await KnownAsync(KeepFor)).Token);
        request.Content = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = settings.Callback,
            ["client_id"] = settings.ClientId,
            ["code_verifier"] = verifier,
        });
        if (settings.ClientSecret is { } secret)
        {
            string login = $"{Uri.EscapeDataString(settings.ClientId)}:{Uri.EscapeDataString(secret)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(login)));
        }

        JsonElement answer = await SendAsync(request, "the code");
        return Text(answer, "id_token");
    }

    public void Dispose()
    {
        client.Dispose();
        reading.Dispose();
    }

    private async Task<Known> KnownAsync(TimeSpan age)
    {
        await reading.WaitAsync();
        try
        {
            if (known is not null && time.GetUtcNow() - known.At <= age)
            {
                return known;
            }

            // Who waits in line behind one that found no answer must not wait as long again.
            if (failed is { } before && time.GetUtcNow() - before.At < FailsFor)
            {
                throw before.Why;
            }

            (known, failed) = (await ReadAsync(), null);
            return known;
        }
        catch (OidcException why) when (why != failed?.Why)
        {
            failed = (why, time.GetUtcNow());
            throw;
        }
        finally
        {
            reading.Release();
        }
    }

    private async Task<Known> ReadAsync()
    {
        JsonElement about = await GetAsync(new Uri(settings.Issuer.AbsoluteUri.TrimEnd('/') + "/.well-known/openid-configuration"));
        if (Text(about, "issuer") is var issuer && issuer != settings.Issuer.OriginalString)
        {
            throw new OidcException($"The provider calls itself {issuer}, not {settings.Issuer.OriginalString}.");
        }

        JsonElement keys = await GetAsync(Address(about, "jwks_uri"));
        return new Known(
            Address(about, "authorization_endpoint"), Address(about, "token_endpoint"),
            about.TryGetProperty("end_session_endpoint", out _) ? Address(about, "end_session_endpoint") : null,
            keys.TryGetProperty("keys", out JsonElement list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [], time.GetUtcNow());
    }

    private Task<JsonElement> GetAsync(Uri address) => SendAsync(new HttpRequestMessage(HttpMethod.Get, address), address.AbsolutePath);

    private async Task<JsonElement> SendAsync(HttpRequestMessage request, string what)
    {
        try
        {
            using HttpResponseMessage answer = await client.SendAsync(request);
            string text = await answer.Content.ReadAsStringAsync();
            return answer.IsSuccessStatusCode
                ? JsonSerializer.Deserialize<JsonElement>(text)
                : throw new OidcException($"The provider answered {(int)answer.StatusCode} to {what}.");
        }
        catch (Exception wrong) when (wrong is HttpRequestException or TaskCanceledException or JsonException)
        {
            throw new OidcException($"The provider did not answer {what}: {wrong.Message}", wrong);
        }
    }

    // The provider is believed no further than TLS reaches.
    private Uri Address(JsonElement about, string name) =>
        Uri.TryCreate(Text(about, name), UriKind.Absolute, out Uri? uri) && uri.Scheme == settings.Issuer.Scheme
            ? uri : throw new OidcException($"The provider's {name} is no address of {settings.Issuer.Scheme}.");

    private static string Text(JsonElement its, string name) =>
        its.ValueKind == JsonValueKind.Object && its.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()! : throw new OidcException($"The provider's answer has no {name}.");
}

/// <summary>Signing in by the provider failed, for a reason that is for the log.</summary>
internal sealed class OidcException(string message, Exception? inner = null) : Exception(message, inner);

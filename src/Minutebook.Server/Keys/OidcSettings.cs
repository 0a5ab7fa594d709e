namespace Minutebook.Server;

/// <summary>Who signs people in for the console (OpenID Connect), beside keys.</summary>
/// <param name="Issuer">The provider's issuer, without a slash at its end unless that is part of it.</param>
/// <param name="ClientId">What it knows this console by.</param>
/// <param name="ClientSecret">The secret that goes with it; null for a public client, which PKCE alone protects.</param>
/// <param name="Address">Where people reach this console, such as <c>https://book.example.org</c>.</param>
/// <param name="Claim">The claim that says what somebody may do.</param>
/// <param name="Name">What the button of the sign-in calls it.</param>
internal sealed record OidcSettings(Uri Issuer, string ClientId, string? ClientSecret, Uri Address, string Claim, string Name)
{
    private const string Prefix = "MINUTEBOOK_OIDC_";

    /// <summary>As the environment says; null when it names no issuer.</summary>
    /// <exception cref="FormatException">It names one, and something else is wrong or missing.</exception>
    public static OidcSettings? OfEnvironment() => Of(static name => Environment.GetEnvironmentVariable(Prefix + name));

    /// <summary>The same from elsewhere.</summary>
    public static OidcSettings? Of(Func<string, string?> variable)
    {
        string? Text(string name) => variable(name) is { } text && text.Trim().Length > 0 ? text.Trim() : null;
        if (Text("ISSUER") is not { } issuer)
        {
            return null;
        }

        string client = Text("CLIENT_ID") ?? throw new FormatException($"{Prefix}CLIENT_ID must name this console as the provider knows it.");
        string? secret = Text("CLIENT_SECRET_FILE") is { } file ? File.ReadAllText(file).Trim() : Text("CLIENT_SECRET");
        return new OidcSettings(
            Secure("ISSUER", issuer), client, secret, Secure("ADDRESS", Text("ADDRESS") ?? ""), Text("CLAIM") ?? "minutebook", Text("NAME") ?? new Uri(issuer).Host);
    }

    /// <summary>Where the provider sends people back to.</summary>
    public string Callback => new Uri(Address, OidcSignIn.Callback).AbsoluteUri;

    /// <summary>Where it sends people back to who sign out there.</summary>
    public string SignedOut => new Uri(Address, SignIn.Path).AbsoluteUri;

    private static Uri Secure(string name, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            ? uri
            : throw new FormatException($"{Prefix}{name} must be an https address, such as https://id.example.org.");
}

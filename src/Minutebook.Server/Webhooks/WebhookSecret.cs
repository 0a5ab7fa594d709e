using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>What deliveries are signed with, as Standard Webhooks 1.0 has it: <c>whsec_</c> and 32 bytes in base 64. It is kept sealed.</summary>
internal sealed class WebhookSecret(Seal seal)
{
    private const string Prefix = "whsec_";
    private const int Bytes = 32;

    /// <summary>A new secret to show this once, and sealed to keep.</summary>
    public (string Secret, string Sealed) Make(string webhook)
    {
        byte[] secret;
        string text;
        do
        {
            secret = RandomNumberGenerator.GetBytes(Bytes);
            text = Convert.ToBase64String(secret);
        }
        // JSON here writes a plus as \u002B, and people copy the secret from what their terminal shows.
        while (text.Contains('+'));
        return (Prefix + text, seal.Close(secret, Purpose(webhook)));
    }

    /// <summary>The signatures of a delivery by the webhook's secrets, the one before too while it holds.</summary>
    /// <param name="webhook">The webhook.</param>
    /// <param name="id">The delivery's id.</param>
    /// <param name="timestamp">When it is sent, in seconds since 1970.</param>
    /// <param name="body">What is sent.</param>
    /// <param name="now">Ms of the real clock.</param>
    public string Sign(Webhook webhook, string id, long timestamp, string body, long now)
    {
        byte[] signed = Encoding.UTF8.GetBytes($"{id}.{timestamp.ToString(CultureInfo.InvariantCulture)}.{body}");
        string signature = Of(webhook.SealedSecret);
        return webhook.SealedPrevious is { } previous && now < webhook.PreviousUntil && Before(previous) is { } second ? $"{signature} {second}" : signature;

        string? Before(string closed)
        {
            try
            {
                return Of(closed);
            }
            catch (CryptographicException)
            {
                // The installation's key was lost: the new secret is there to sign all the same.
                return null;
            }
        }

        string Of(string closed) => "v1," + Convert.ToBase64String(HMACSHA256.HashData(seal.Open(closed, Purpose(webhook.Id)), signed));
    }

    private static string Purpose(string webhook) => JsonSerializer.Serialize((string[])["webhook", webhook]);
}

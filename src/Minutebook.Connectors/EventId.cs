using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Minutebook.Connectors;

/// <summary>Ids for events whose sender gives none: a function of what happened, the same whenever it is told again.</summary>
internal static class EventId
{
    /// <summary>
    /// <paramref name="kind"/> and 128 bits of a hash over the parts, each with its length before it, so that no two lists of parts
    /// read the same.
    /// </summary>
    public static string Of(string kind, params ReadOnlySpan<string> parts)
    {
        StringBuilder text = new();
        foreach (string part in parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"{part.Length}:{part},");
        }
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
        return $"{kind}-{Convert.ToHexStringLower(hash.AsSpan(0, 16))}";
    }

    public static string Digits(long number) => number.ToString(CultureInfo.InvariantCulture);
}

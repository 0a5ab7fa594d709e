using System.Net.Sockets;
using System.Security.Cryptography;

namespace Minutebook.Server;

/// <summary>What keeps a server from starting and is for whoever starts it to put right; the message says what, where and how.</summary>
public sealed class StartFailedException(string message, bool isSetting, Exception cause) : Exception(message, cause)
{
    /// <summary>A setting is wrong, of the environment or of the data directory; else the address cannot be listened on.</summary>
    public bool IsSetting { get; } = isSetting;

    internal static bool IsOfListening(Exception wrong) => wrong is IOException or SocketException;
}

/// <summary>What options, environment and data directory say of how to serve: all of it is read before anything is opened.</summary>
internal sealed record StartSettings(
    int RequestsPerSecond, Targets Targets, Proxies? Proxies, MailSettings? Mail, OidcSettings? Oidc, AdminKey Admin, Seal Seal)
{
    /// <exception cref="StartFailedException">One of them cannot be used.</exception>
    public static StartSettings Of(ServeOptions options)
    {
        Read("The data directory", "Name another with --data.", () =>
        {
            Store.Store.MakeDirectory(options.Data);
            return true;
        });
        const string file = "Let it name a file that this server may read.";
        return new StartSettings(
            Read("MINUTEBOOK_RATE_LIMIT", "", () => options.RequestsPerSecond ?? Quota.PerSecondOfEnvironment()),
            Read("MINUTEBOOK_WEBHOOKS_ALLOW", "", () => options.WebhooksAllow is { } networks ? Targets.Of(networks) : Targets.OfEnvironment()),
            Read("MINUTEBOOK_PROXIES", "", () => Proxies.Of(options.Proxies ?? Proxies.OfEnvironment())),
            Read("MINUTEBOOK_SMTP_PASSWORD_FILE", file, () => options.Mail ?? MailSettings.OfEnvironment()),
            Read("MINUTEBOOK_OIDC_CLIENT_SECRET_FILE", file, () => options.Oidc ?? OidcSettings.OfEnvironment()),
            Read("The administrator's key", "Let this server's user read it.", () => AdminKey.Of(options.Data)),
            SealOf(options.Data));
    }

    /// <summary>What says itself what is wrong with it is passed on; of a file, what it is for and what to do.</summary>
    private static T Read<T>(string what, string remedy, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception wrong) when (wrong is FormatException or InvalidDataException)
        {
            throw new StartFailedException(wrong.Message, isSetting: true, wrong);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw new StartFailedException($"{what} cannot be used: {wrong.Message} {remedy}", isSetting: true, wrong);
        }
    }

    private static Seal SealOf(string directory)
    {
        try
        {
            Seal seal = Read("secret.key", "Let this server's user read it.", () => Read(directory));
            // A key of another length is found out by its use.
            _ = seal.Close([], "start");
            return seal;
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            throw Spoilt(directory, wrong);
        }
    }

    private static Seal Read(string directory)
    {
        try
        {
            return Seal.Of(directory);
        }
        catch (FormatException wrong)
        {
            throw Spoilt(directory, wrong);
        }
    }

    private static StartFailedException Spoilt(string directory, Exception wrong) => new(
        $"{Path.Combine(directory, "secret.key")} is not as it was made: one line, 32 bytes in base64. Restore it from a backup: the secrets in the database open by no other.",
        isSetting: true, wrong);
}

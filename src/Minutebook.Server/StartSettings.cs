using System.Net.Sockets;

namespace Minutebook.Server;

/// <summary>What keeps a server from starting and is for whoever starts it to put right; the message says what, where and how.</summary>
public sealed class StartFailedException(string message, bool isSetting, Exception cause) : Exception(message, cause)
{
    /// <summary>A setting is wrong, of the environment or of the data directory; else the address cannot be listened on, or the disk fails.</summary>
    public bool IsSetting { get; } = isSetting;

    /// <summary>What the system says of it, so that another sentence can follow: not all of its messages end.</summary>
    internal static string Sentence(Exception wrong) => wrong.Message.EndsWith('.') ? wrong.Message : wrong.Message + ".";

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
            if (File.Exists(options.Data))
            {
                throw new InvalidDataException($"The data directory {options.Data} is a file. Name another with --data.");
            }

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
            Read("secret.key", "Let this server's user read it.", () => Seal.Of(options.Data)));
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
        catch (Exception wrong) when (wrong is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException or PathTooLongException)
        {
            throw new StartFailedException($"{what} cannot be used: {StartFailedException.Sentence(wrong)} {remedy}", isSetting: true, wrong);
        }
        catch (IOException wrong)
        {
            // A full disk, say: no other setting or right would mend it.
            throw new StartFailedException($"{what} cannot be used: {StartFailedException.Sentence(wrong)}", isSetting: false, wrong);
        }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Store;

namespace Minutebook.Server;

/// <summary>Where alerts are mailed, and by which server.</summary>
/// <param name="Host">The server's name.</param>
/// <param name="Port">Its port.</param>
/// <param name="StartTls">The connection must turn to TLS before anything is said; else nothing is sent.</param>
/// <param name="Login">Name and password; null for a server that asks for none.</param>
/// <param name="From">The sender's address.</param>
/// <param name="To">The addresses that every account's alerts go to; none for the accounts' own alone.</param>
/// <param name="Types">Alerts of these types alone; empty for all.</param>
internal sealed record MailSettings(
    string Host, int Port, bool StartTls, NetworkCredential? Login, string From, IReadOnlyList<string> To, IReadOnlyList<string> Types)
{
    private const string Prefix = "MINUTEBOOK_SMTP_";

    /// <summary>As the environment says; null when it names no server.</summary>
    /// <exception cref="FormatException">It names one, and something else is wrong or missing.</exception>
    public static MailSettings? OfEnvironment() => Of(static name => Environment.GetEnvironmentVariable(Prefix + name));

    /// <summary>The same from elsewhere.</summary>
    public static MailSettings? Of(Func<string, string?> variable)
    {
        string Text(string name) => variable(name)?.Trim() ?? "";
        if (Text("HOST").Length == 0)
        {
            return null;
        }

        string[] List(string name) => Text(name).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] to = List("TO"), types = List("TYPES");
        if (to.Append(Text("FROM")).Any(static address => !MailAddress.TryCreate(address, out MailAddress? its) || !Mail.CanBeTold(its)))
        {
            throw new FormatException($"{Prefix}FROM and {Prefix}TO must be addresses such as book@example.org, ASCII before the @, several separated by commas.");
        }

        if (types.FirstOrDefault(type => !AlertType.All.Contains(type)) is { } unknown)
        {
            throw new FormatException($"{Prefix}TYPES names '{unknown}'. Types are {string.Join(", ", AlertType.All)}.");
        }

        bool isPort = int.TryParse(Text("PORT") is { Length: > 0 } given ? given : "587", NumberStyles.None, CultureInfo.InvariantCulture, out int port);
        bool? startTls = Text("TLS") switch { "" or "starttls" => true, "none" => false, _ => null };
        if (!isPort || port is < 1 or > 65_535 || startTls is null)
        {
            throw new FormatException($"{Prefix}PORT must be a port, and {Prefix}TLS starttls or none.");
        }

        NetworkCredential? login = Text("USER").Length == 0 ? null : new NetworkCredential(Text("USER"), PasswordOf(variable));
        return new MailSettings(Text("HOST"), port, startTls.Value, login, Text("FROM"), to, types);
    }

    private static string PasswordOf(Func<string, string?> variable) => variable("PASSWORD_FILE") is { Length: > 0 } file
        ? File.ReadAllText(file).TrimEnd('\r', '\n')
        : variable("PASSWORD") ?? "";
}

/// <summary>
/// Mails alerts. To the <see cref="Sender"/> it is two more receivers, the installation's addresses and the accounts' own, which see nothing
/// of each other: what is to be mailed waits in the outbox, is tried again as long as a webhook would be, and keeps nobody waiting.
/// </summary>
internal sealed class Mail(MailSettings settings, Engine.Engine engine)
{
    /// <summary>The id among the receivers of the installation's addresses.</summary>
    public const string Id = "email";

    /// <summary>The id among the receivers of the accounts' own addresses.</summary>
    public const string OfAccounts = "email-accounts";

    private const int MostCharacters = 254;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Who was refused the last time of those that a delivery is for, while it is tried. Only known here: after a restart all get it again, with the same <c>Message-ID</c>.</summary>
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> refused = new(StringComparer.Ordinal);

    /// <summary>Whether a text is an address and nothing beside it. One that is not ASCII before the @ could not be mailed, nor could others beside it.</summary>
    public static bool IsAddress(string text) =>
        text.Length <= MostCharacters && MailAddress.TryCreate(text, out MailAddress? address) && address.Address == text && CanBeTold(address) && !text.Any(char.IsWhiteSpace);

    /// <summary>Whether a mail server can be told an address. One that it cannot be told would keep the mail from all others too.</summary>
    internal static bool CanBeTold(MailAddress address) => Ascii.IsValid(address.User) && AsciiOf(address.Host) is not null;

    /// <summary>Whether a receiver is one of these.</summary>
    public static bool Is(string receiver) => receiver is Id or OfAccounts;

    /// <summary>It as receivers, of what is told from an instant on, in ms.</summary>
    public IEnumerable<Webhook> Receivers(long since)
    {
        if (settings.To.Count > 0)
        {
            yield return new Webhook(Id, "mailto:" + string.Join(',', settings.To), null, settings.Types, "", since);
        }

        yield return new Webhook(OfAccounts, "mailto:", null, settings.Types, "", since);
    }

    /// <summary>Whether a receiver has somebody to tell of an account now. Nobody knows of one that cannot be read, which is halted.</summary>
    public static bool HasAddresses(string receiver, Reader read, string account) => receiver != OfAccounts || read.State(account)?.AlertEmails.Count > 0;

    /// <summary>Forgets who was refused, of a delivery that is not tried any more.</summary>
    public void Forget(string delivery) => refused.TryRemove(delivery, out _);

    /// <summary>Forgets it of all: another process sends, and knows better.</summary>
    public void Forget() => refused.Clear();

    /// <summary>Sends once: the server's reply code, and what is wrong; no code when there was no answer.</summary>
    public async Task<(int? Status, string? Detail)> SendAsync(DeliveryRow delivery, CancellationToken stopping)
    {
        IReadOnlyList<string> named = delivery.Webhook == Id ? settings.To : AddressesOf(delivery.Account);
        // Taken at a time when any was; those of the environment were looked at when it started, and may have a name beside them.
        string[] skipped = delivery.Webhook == Id ? [] : [.. named.Where(static one => !IsAddress(one))];
        string? aside = skipped.Length == 0 ? null : $"Cannot be mailed to: {string.Join(", ", skipped)}.";
        if (delivery.Attempts == 0)
        {
            // Sent again by hand it is for all.
            Forget(delivery.Id);
        }

        // Who has it does not get it once more because another is refused, nor because nobody answered since.
        IReadOnlyList<string>? left = refused.GetValueOrDefault(delivery.Id);
        IReadOnlyList<string> to = [.. named.Except(skipped).Where(one => left is null || left.Contains(OnTheWire(one)))];
        if (to.Count == 0)
        {
            return (250, aside ?? "The account names no address any more.");
        }

        using var message = MessageOf(delivery, to);
        using var within = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        within.CancelAfter(Patience);
        using var client = new SmtpClient(settings.Host, settings.Port) { EnableSsl = settings.StartTls, Credentials = settings.Login };
        try
        {
            await client.SendMailAsync(message, within.Token);
            Forget(delivery.Id);
            return (250, aside);
        }
        catch (SmtpFailedRecipientException some)
        {
            SmtpFailedRecipientException[] each = some is SmtpFailedRecipientsException several ? several.InnerExceptions : [some];
            refused[delivery.Id] = [.. each.Select(static one => OnTheWire(one.FailedRecipient!))];
            return ((int)each[0].StatusCode, $"{string.Join(", ", refused[delivery.Id])}: {each[0].Message}");
        }
        catch (SmtpException wrong)
        {
            int code = (int)wrong.StatusCode;
            return (code is >= 300 and < 600 ? code : null, wrong.InnerException?.Message ?? wrong.Message);
        }
        catch (OperationCanceledException)
        {
            return (null, $"The mail server did not answer within {Patience.TotalSeconds:0} seconds.");
        }
    }

    /// <summary>An address as it is told to the server, which is how it names it when it refuses it.</summary>
    private static string OnTheWire(string text) =>
        MailAddress.TryCreate(text, out MailAddress? its) && AsciiOf(its.Host) is { } host ? $"{its.User}@{host}" : text;

    // Of what is ASCII nothing is asked, not even that it could be a domain: so it is told.
    private static string? AsciiOf(string host)
    {
        try
        {
            return Ascii.IsValid(host) ? host : new IdnMapping().GetAscii(host);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private IReadOnlyList<string> AddressesOf(string account)
    {
        using Reader read = engine.Store.Read();
        return read.State(account)?.AlertEmails ?? [];
    }

    private MailMessage MessageOf(DeliveryRow delivery, IReadOnlyList<string> to)
    {
        using var body = JsonDocument.Parse(delivery.Body);
        JsonElement alert = body.RootElement.GetProperty("data");
        string subject = $"{delivery.Account}: {Words(delivery.Type)}";
        var message = new MailMessage
        {
            From = new MailAddress(settings.From),
            Subject = new string([.. subject.Where(static letter => !char.IsControl(letter))]),
            SubjectEncoding = Encoding.UTF8,
            Body = TextOf(alert),
            BodyEncoding = Encoding.UTF8,
            BodyTransferEncoding = TransferEncoding.QuotedPrintable,
        };
        to.ToList().ForEach(message.To.Add);
        // The same alert has the same id however often it is tried: a mailbox may drop the second.
        message.Headers.Add("Message-ID", $"<{delivery.Id}@minutebook>");
        message.Headers.Add("Auto-Submitted", "auto-generated");
        return message;
    }

    private static string Words(string type) => type.Replace('.', ' ').Replace('-', ' ');

    private static string TextOf(JsonElement alert)
    {
        StringBuilder text = new();
        foreach (JsonProperty field in alert.EnumerateObject().Where(static field => field.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Object)))
        {
            text.Append(CultureInfo.InvariantCulture, $"{field.Name}: {field.Value}\r\n");
        }

        foreach (JsonProperty field in alert.GetProperty("data").EnumerateObject())
        {
            text.Append(CultureInfo.InvariantCulture, $"{field.Name}: {field.Value}\r\n");
        }

        return text.ToString();
    }
}

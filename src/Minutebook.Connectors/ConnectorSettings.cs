using System.Text.Json;

namespace Minutebook.Connectors;

/// <summary>How a connector of an application is set up. It holds a secret, so it does not print itself.</summary>
/// <param name="Secret">What the sender signs with.</param>
/// <param name="ApiKey"><c>livekit</c>: the API key whose secret it is.</param>
/// <param name="Recorders">Beginnings of user ids that are recording robots; they get the role <c>recorder</c>.</param>
/// <param name="CallbackUrl"><c>bigbluebutton</c>: this connector's address as it is registered there, which its checksums cover.</param>
public sealed record ConnectorSettings(
    string Secret, string? ApiKey = null, IReadOnlyList<string>? Recorders = null, string? CallbackUrl = null)
{
    /// <summary>Whether a user is a recording robot: the whiteboard's, by its documented name, or one that was named.</summary>
    internal bool IsRecorder(string user) =>
        user.StartsWith("tic_record_user_", StringComparison.Ordinal)
        || (Recorders ?? []).Any(prefix => user.StartsWith(prefix, StringComparison.Ordinal));

    public override string ToString() => nameof(ConnectorSettings);
}

/// <summary>What is wrong with a request to set a connector up, and where (a JSON pointer).</summary>
public sealed record SettingsFault(string Pointer, string Detail);

/// <summary>The settings, or everything that is wrong with them.</summary>
public abstract record Configuration
{
    private const int MaxChars = 256;
    private const int MaxUrlChars = 2048;
    private const int MaxRecorders = 100;

    private Configuration() { }

    public sealed record Valid(ConnectorSettings Settings) : Configuration;

    public sealed record Invalid(IReadOnlyList<SettingsFault> Faults) : Configuration;

    internal static Configuration Read(ReadOnlyMemory<byte> body, ConnectorSettings? before, bool needsApiKey)
    {
        FirstFault syntax = new();
        using JsonDocument? document = Fields.Parse(body, syntax);
        if (document is null)
        {
            return new Invalid([new("", syntax.Sentence!)]);
        }

        List<SettingsFault> faults = [];
        ConnectorSettings settings = new(
            Text(document, "secret", before?.Secret, required: true, faults) ?? "",
            Text(document, "apiKey", before?.ApiKey, needsApiKey, faults),
            Recorders(document, before?.Recorders, faults),
            Text(document, "callbackUrl", before?.CallbackUrl, required: false, faults, MaxUrlChars));
        return faults.Count == 0 ? new Valid(settings) : new Invalid(faults);
    }

    private static string? Text(
        JsonDocument document, string name, string? before, bool required, List<SettingsFault> faults, int maxChars = MaxChars)
    {
        FirstFault fault = new();
        string? text = new Fields(document.RootElement, "", fault).OptionalText(name, maxChars) ?? before;
        if (fault.Sentence is not null)
        {
            faults.Add(new("/" + name, fault.Sentence));
        }
        else if (required && text is null)
        {
            faults.Add(new("/" + name, $"{name} is required."));
        }
        return text;
    }

    private static IReadOnlyList<string>? Recorders(JsonDocument document, IReadOnlyList<string>? before, List<SettingsFault> faults)
    {
        FirstFault fault = new();
        IReadOnlyList<string>? recorders = new Fields(document.RootElement, "", fault).OptionalTexts("recorders", MaxRecorders);
        if (fault.Sentence is not null)
        {
            faults.Add(new("/recorders", fault.Sentence));
        }
        return recorders ?? before;
    }
}

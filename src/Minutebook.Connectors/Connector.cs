using System.Text.Json;
using Minutebook.Connectors.BigBlueButton;
using Minutebook.Connectors.Jitsi;
using Minutebook.Connectors.Lcic;
using Minutebook.Connectors.LiveKit;
using Minutebook.Connectors.Tiw;
using Minutebook.Connectors.Trtc;
using Minutebook.Core.Events;

namespace Minutebook.Connectors;

/// <summary>
/// Turns what one kind of system posts into events, or refuses it. It verifies before it believes, keeps nothing, asks no clock and no
/// network: the same delivery with the same memory is always read the same way.
/// </summary>
public abstract class Connector
{
    /// <summary>What a sender may post at once; the largest documented payload is a thousandth of it.</summary>
    public const int MaxBodyBytes = 1 << 20;

    private static readonly Connector[] All =
    [
        new BigBlueButtonConnector(), new JitsiConnector(), new LcicConnector(), new LiveKitConnector(), new TiwConnector(), new TrtcConnector(),
    ];

    private readonly Answer answer;

    private protected Connector(string name, Answer answer)
    {
        Name = name;
        this.answer = answer;
    }

    public string Name { get; }

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(connector => connector.Name)];

    public static Connector? Named(string name) => Array.Find(All, connector => connector.Name == name);

    /// <summary>
    /// Reads one delivery. <paramref name="memory"/> is that of the application and this connector; it is only read. What is to be
    /// remembered comes back as a note, to be kept together with the events or not at all.
    /// </summary>
    public Reading Read(Delivery delivery, ConnectorMemory memory)
    {
        if (delivery.Body.Length > MaxBodyBytes)
        {
            return new Reading.Refused(413, $"The body is larger than {MaxBodyBytes} bytes.");
        }
        return Takes(delivery.Path)
            ? ReadBody(delivery, memory)
            : new Reading.Refused(404, $"The address of {Name} ends with {Address}.");
    }

    /// <summary>
    /// Reads the body of the request that sets this connector up. What it leaves out stays as it was <paramref name="before"/>.
    /// </summary>
    public Configuration Configure(ReadOnlyMemory<byte> body, ConnectorSettings? before = null) =>
        Configuration.Read(body, before, NeedsApiKey);

    private protected virtual bool NeedsApiKey => false;

    /// <summary>What it makes of a delivery goes by what it remembers of one class; the memory of others only spares starts that are known.</summary>
    public virtual bool RemembersClasses => false;

    /// <summary>Whether the segments after the connector are an address of its own.</summary>
    private protected virtual bool Takes(IReadOnlyList<string> path) => path.Count == 0;

    private protected virtual string Address => $"/{Name}";

    private protected abstract Reading ReadBody(Delivery delivery, ConnectorMemory memory);

    private protected Reading Accept(IReadOnlyList<UsageEvent> events, Note? note = null) => new Reading.Accepted(events, answer, note);

    private protected static Reading Malformed(string detail) => new Reading.Refused(400, detail);

    private protected static Reading Unverified(string detail) => new Reading.Refused(401, detail);

    private protected static Reading Parsed(ReadOnlyMemory<byte> body, Func<Fields, Reading> read)
    {
        FirstFault fault = new();
        JsonDocument? document = Fields.Parse(body, fault);
        if (document is null)
        {
            return Malformed(fault.Sentence!);
        }
        using (document)
        {
            Reading reading = read(new Fields(document.RootElement, "", fault));

            // A refusal for want of a valid signature says more than the field that was missing from it.
            return fault.Sentence is null || reading is Reading.Refused ? reading : Malformed(fault.Sentence);
        }
    }
}

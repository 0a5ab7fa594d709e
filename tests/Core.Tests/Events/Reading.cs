using System.Text;
using Minutebook.Core.Events;

namespace Minutebook.Core.Tests.Events;

/// <summary>Reads a body with the speculating and the general reader, which must agree, and says what came out.</summary>
internal sealed class Reading
{
    // Test classes run side by side, and a reader is not for two threads at once.
    private static readonly ThreadLocal<EventReader> Speculating = new(() => new EventReader());
    private static readonly ThreadLocal<EventReader> General = new(() => new EventReader { Speculates = false });

    public EventBatch Batch { get; } = new();

    public EventFaults Faults { get; } = new();

    public int Count { get; private init; }

    public EventRow Row => Batch[0];

    /// <summary>The pointers of the faults, with the index before.</summary>
    public string[] Pointers => [.. Faults.Kept.Select(fault => fault.Index + fault.Pointer)];

    public string? Text(int text) => Batch.String(text);

    public static Reading Of(string body, EventFormat format = EventFormat.One) => Of(Encoding.UTF8.GetBytes(body), format);

    public static Reading Of(byte[] body, EventFormat format = EventFormat.One, EventReader? speculating = null)
    {
        var batch = new EventBatch();
        var faults = new EventFaults();
        int count = (speculating ?? Speculating.Value!).Read(body, format, batch, Given.Now, faults);
        var reading = new Reading { Count = count };
        int again = General.Value!.Read(body, format, reading.Batch, Given.Now, reading.Faults);
        string[] expected = Say(reading.Batch, reading.Faults, again), said = Say(batch, faults, count);
        if (!expected.SequenceEqual(said))
        {
            throw new InvalidOperationException(
                $"The readers differ on {Convert.ToBase64String(body)}\n{string.Join('\n', expected)}\n--\n{string.Join('\n', said)}");
        }

        return reading;
    }

    private static string[] Say(EventBatch batch, EventFaults faults, int count) =>
        [$"{count} {faults.Count} {faults.TooLarge}", .. Given.Say(batch), .. faults.Kept.Select(fault => fault.ToString())];
}

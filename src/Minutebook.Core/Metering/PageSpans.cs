using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>A participant's presence as the peak counts it.</summary>
internal struct Present
{
    /// <summary>When it is one span, as mostly; none that is empty.</summary>
    public Span One;
    /// <summary>When it is more; else null.</summary>
    public Span[]? Many;
    /// <summary>Its number among the account's users, one higher; 0 when it has none.</summary>
    public int User;
}

public sealed partial class Page
{
    private Present[] present = [];

    /// <summary>What the peak counts of a participant.</summary>
    internal ref Present PresentAt(int participant)
    {
        if (participant >= present.Length)
        {
            Array.Resize(ref present, Math.Max(participant + 1, Math.Min(participants.Length, 2 * Math.Max(4, present.Length))));
        }

        return ref present[participant];
    }

    /// <summary>How many participants the peak may know.</summary>
    internal int PresentCount => Math.Min(present.Length, ParticipantCount);

    internal static ReadOnlySpan<Span> SpansOf(ref Present its) =>
        its.Many is { } many ? many : MemoryMarshal.CreateReadOnlySpan(ref its.One, its.One.To == its.One.From ? 0 : 1);

    internal static void SetSpans(ref Present its, ReadOnlySpan<Span> spans)
    {
        its.Many = spans.Length > 1 ? spans.ToArray() : null;
        its.One = spans.Length == 1 ? spans[0] : default;
    }
}

using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>A participant's presence as the peak counts it.</summary>
internal struct Present
{
    /// <summary>When it is one span, as mostly; an empty one when it is none.</summary>
    public Span One;
    /// <summary>Its number among the users of several classes, one higher; below 0 when it is in this one alone, 0 when that is not known.</summary>
    public int User;
    /// <summary>It is several spans: the page keeps them apart.</summary>
    public bool IsMany;
}

public sealed partial class Page
{
    private Stretch<Present> present;
    private Dictionary<int, Span[]>? spans;

    /// <summary>How many participants the peak knows.</summary>
    internal int PresentCount { get; private set; }

    /// <summary>Where the peak's users have the page; -1 for nowhere.</summary>
    internal int PresentPlace { get; set; } = -1;

    /// <summary>Which user a participant is (<see cref="Present.User"/>).</summary>
    internal int UserOf(int participant) => participant < PresentCount ? present[participant].User : 0;

    internal void SetUser(int participant, int user) => PresentAt(participant).User = user;

    /// <summary>What the peak counts of a participant.</summary>
    internal ReadOnlySpan<Span> SpansOf(int participant)
    {
        if (participant >= PresentCount)
        {
            return [];
        }

        ref Present its = ref present[participant];
        return its.IsMany ? spans![participant] : MemoryMarshal.CreateReadOnlySpan(ref its.One, its.One.To == its.One.From ? 0 : 1);
    }

    internal void SetSpans(int participant, ReadOnlySpan<Span> its)
    {
        ref Present one = ref PresentAt(participant);
        one.IsMany = its.Length > 1;
        one.One = its.Length == 1 ? its[0] : default;
        if (one.IsMany)
        {
            (spans ??= [])[participant] = its.ToArray();
        }
    }

    private ref Present PresentAt(int participant)
    {
        if (participant >= present.Length)
        {
            memory.Present.Grow(ref present, PresentCount, Math.Max(participant + 1, participants.Length));
        }

        while (PresentCount <= participant)
        {
            present[PresentCount++] = default;
        }

        return ref present[participant];
    }
}

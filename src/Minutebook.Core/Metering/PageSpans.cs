using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>A participant's presence as the peak counts it.</summary>
internal struct Present
{
    /// <summary>When it is one span, as mostly; an empty one when it is none.</summary>
    public Span One;
    /// <summary>Its number among the account's <see cref="PresentUsers"/>, one higher; 0 when that is not known.</summary>
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

    private int presentAge;

    /// <summary>Which user a participant is, by the numbers of an age; -1 when that is not known.</summary>
    internal int UserOf(int participant, int age) => age == presentAge && participant < PresentCount ? present[participant].User - 1 : -1;

    internal void SetUser(int participant, int user, int age)
    {
        for (int i = 0; presentAge != age && i < PresentCount; i++)
        {
            present[i].User = 0;
        }

        presentAge = age;
        PresentAt(participant).User = user + 1;
    }

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

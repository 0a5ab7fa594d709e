using System.Runtime.CompilerServices;
using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>A user's connection for one medium: what stays belong to (rule 2.2).</summary>
internal struct Slot
{
    public ulong Hash;
    /// <summary>Where its connection stands among the page's names.</summary>
    public Name Connection;
    public int User;
    /// <summary>The slot's record that came last, or -1.</summary>
    public int Last;
    /// <summary>The user's slot before it, or -1.</summary>
    public int NextOfUser;
    public Medium Medium;
    /// <summary>Among its records is one that tells what is received.</summary>
    public bool HasSteps;
}

/// <summary>A participant of a class, and what its presence amounts to.</summary>
internal struct Participant
{
    public ulong Hash;
    /// <summary>Where its user id stands among the page's names.</summary>
    public Name Name;
    /// <summary>The user's slot that came last, or -1.</summary>
    public int LastSlot;
    public bool Dirty;
    /// <summary>The next that has to be measured again.</summary>
    public int NextDirty;
    /// <summary>Counts as a user of the class (rule 2.6).</summary>
    public bool Counted;
    /// <summary>What it used is in more than two pieces: the page keeps them apart.</summary>
    public bool HasPieces;
    /// <summary>Something of it is open: <see cref="Open"/>, or else the page keeps it apart.</summary>
    public bool IsOpen;
    /// <summary>It is present in several places.</summary>
    public bool IsManyOpen;
    /// <summary>When time alone changes what it amounts to, before the class's own due instant; 0 for never.</summary>
    public long Due;
    /// <summary>What it used, when that is at most two hours of one kind, or two kinds of one hour, as mostly; those of 0 seconds are none.</summary>
    public TwoPieces Pieces;
    /// <summary>Where it is present still, when that is one presence.</summary>
    public OpenPiece Open;
    /// <summary>How far it is measured for good.</summary>
    public Measured Measured;
}

/// <summary>
/// How far a participant's events have been measured for good: its stays until then are over, and what it used and when it was present
/// until then stand in the page. Holds as long as only later events come, and the class's window stays as it is.
/// </summary>
/// <param name="Records">The last record of its slot that counted, one higher; 0 for none.</param>
/// <param name="Until">When all of them were over, ms.</param>
/// <param name="HasStayed">One of its stays until then makes it a user of the class (rule 2.6).</param>
internal readonly record struct Measured(int Records, long Until, bool HasStayed);

/// <summary>A text among a page's names, by its place.</summary>
internal readonly record struct Name(int Start, int Length);

/// <summary>Seconds of a user in an hour.</summary>
internal readonly record struct Piece(long Hour, int Dimensions, int Seconds);

[InlineArray(2)]
internal struct TwoPieces
{
    private Piece first;
}

/// <summary>A presence that is open since a second.</summary>
internal readonly record struct OpenPiece(long From, int Dimensions);

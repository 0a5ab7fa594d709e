using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>One event in a page. Its identity is not here: the page's stream has it, and the account's <see cref="Identities"/> know it.</summary>
internal struct Record
{
    /// <summary>When it happened, ms.</summary>
    public long Time;
    /// <summary>
    /// Pixels, or joinedAt in ms; <see cref="EventRow.NoQuantity"/> where there is none. Of an event with amounts and of a void, the hash
    /// of all that it says (<see cref="Content"/>): more than is kept of it.
    /// </summary>
    public long Value;
    /// <summary>A participant's event: its slot. One with amounts: the first of them. A void: its target.</summary>
    public int Slot;
    /// <summary>A participant's event: the slot's record before it, or -1; the same of starts and ends. One with amounts: how many.</summary>
    public int Next;
    /// <summary>A class's name, or the order key of a leave with joinedAt; -1 for none.</summary>
    public int Text;
    public short Role;
    public EventKind Kind;
    public bool Voided;
}

/// <summary>A quantity of an event that is not presence.</summary>
/// <param name="Dimensions">Its dimensions, by their number.</param>
/// <param name="Quantity">In base units.</param>
/// <param name="User">Whose it is: a text of the batch, then of the page; -1 for nobody's (rule 4.1).</param>
internal readonly record struct Amount(int Dimensions, long Quantity, int User = -1);

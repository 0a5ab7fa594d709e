using System.Runtime.CompilerServices;

namespace Minutebook.Core.Events;

// One member at a time: is it there, of the right type, in range.
internal sealed partial class EventChecks
{
    private int Required(ReadOnlySpan<byte> body, Field field) =>
        Text(body, field, Expected.Text, out ReadOnlySpan<byte> text) ? Intern(field, text) : EventRow.None;

    private int Id(ReadOnlySpan<byte> body, Field field) =>
        Text(body, field, Expected.Text, out ReadOnlySpan<byte> text) ? batch.Keep(text) : EventRow.None;

    // Left out, null and empty are one.
    private int Optional(ReadOnlySpan<byte> body, Field field)
    {
        if (!fields.Has(field))
        {
            return EventRow.None;
        }

        ref readonly Slot slot = ref fields.Slots[(int)field];
        bool empty = slot.Token <= Token.Escaped && slot.Length == 0;
        return !empty && Text(body, field, Expected.OptionalText, out ReadOnlySpan<byte> text) ? Intern(field, text) : EventRow.None;
    }

    // Neighbours mostly say the same in a field: comparing is cheaper than hashing.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Intern(Field field, ReadOnlySpan<byte> text)
    {
        ref int before = ref last[(int)field];
        if (before >= 0 && batch.Text(before).SequenceEqual(text))
        {
            return before;
        }

        return before = batch.Intern(text);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Text(ReadOnlySpan<byte> body, Field field, string expected, out ReadOnlySpan<byte> text)
    {
        ref readonly Slot slot = ref fields.Slots[(int)field];
        // No more than so many bytes are no more than so many characters, and only an escape can mean U+0000.
        if (fields.Has(field) && slot.Token == Token.Text && unchecked((uint)(slot.Length - 1)) < MaxCharacters)
        {
            text = body.Slice(slot.Start, slot.Length);
            return true;
        }

        return UnusualText(body, field, expected, out text);
    }

    private bool UnusualText(ReadOnlySpan<byte> body, Field field, string expected, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!fields.Has(field))
        {
            return Fault(field, "is missing", expected);
        }

        if (fields.Slots[(int)field].Token > Token.Escaped)
        {
            return Fault(field, "is not a text", expected);
        }

        text = fields.Text(body, field);
        if (text.IsEmpty)
        {
            return Fault(field, "is empty", expected);
        }

        if (IsTooLong(text))
        {
            return Fault(field, "has more than 256 characters", expected);
        }

        return !text.Contains((byte)0) || Fault(field, "contains U+0000", expected);
    }

    /// <summary>Whether a text has more than <see cref="MaxCharacters"/>: Unicode code points, not bytes.</summary>
    public static bool IsTooLong(ReadOnlySpan<byte> text)
    {
        int characters = 0;
        foreach (byte each in text)
        {
            characters += (each & 0xC0) == 0x80 ? 0 : 1;
        }

        return characters > MaxCharacters;
    }

    private long Time(ReadOnlySpan<byte> body)
    {
        long time = Instant(body, Field.Time);
        if (time > latest)
        {
            Fault(Field.Time, "is more than 5 minutes in the future", Expected.Past);
        }

        return time;
    }

    private long JoinedAt(ReadOnlySpan<byte> body) =>
        fields.Has(Field.JoinedAt) ? Instant(body, Field.JoinedAt) : EventRow.NoQuantity;

    private long Instant(ReadOnlySpan<byte> body, Field field)
    {
        if (!fields.Has(field))
        {
            Fault(field, "is missing", Expected.Instant);
            return EventRow.NoQuantity;
        }

        if (fields.Slots[(int)field].Token > Token.Escaped)
        {
            Fault(field, "is not a text", Expected.Instant);
            return EventRow.NoQuantity;
        }

        ReadOnlySpan<byte> text = fields.Text(body, field);
        if (Rfc3339.TryRead(text, ref lastDay, out long time))
        {
            return time;
        }

        Fault(field, Rfc3339.IsLeapSecond(text) ? "is a leap second" : "is not an instant", Expected.Instant);
        return EventRow.NoQuantity;
    }

    private long Quantity(ReadOnlySpan<byte> body, Field field)
    {
        if (!fields.Has(field))
        {
            Fault(field, "is missing", Expected.Quantity);
            return 0;
        }

        ref readonly Slot slot = ref fields.Slots[(int)field];
        if (slot.Token == Token.Number && TryQuantity(body.Slice(slot.Start, slot.Length), out long quantity))
        {
            return quantity;
        }

        Fault(field, slot.Token == Token.Number ? "is out of range or not written plainly" : "is not a number", Expected.Quantity);
        return 0;
    }

    /// <summary>Reads a plain integer from 0 to 2^53 − 1. The JSON reader has seen to it that it has no leading zeros.</summary>
    public static bool TryQuantity(ReadOnlySpan<byte> digits, out long quantity)
    {
        quantity = 0;
        if (digits.Length > 16)
        {
            return false;
        }

        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            quantity = quantity * 10 + (digit - '0');
        }

        return quantity <= MaxQuantity;
    }

    private void Files(ReadOnlySpan<byte> body)
    {
        if (!fields.Has(Field.Files) || fields.Slots[(int)Field.Files].Token != Token.Array)
        {
            Fault(Field.Files, fields.Has(Field.Files) ? "is not an array" : "is missing", Expected.Files);
            return;
        }

        new RecordingFiles(batch, faults, index).Read(fields.Text(body, Field.Files));
    }

    private bool Fault(Field field, string wrong, string expected)
    {
        string pointer = FieldNames.Pointer(field);
        faults.Add(index, pointer, faults.Full ? "" : $"{pointer[1..].Replace('/', '.')} {wrong}; expected {expected}.");
        return false;
    }
}

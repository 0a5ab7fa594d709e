using System.Text;

namespace Minutebook.Core.Events;

/// <summary>What the escapes of a JSON text mean.</summary>
internal static class JsonText
{
    /// <summary>
    /// Writes what stands between a JSON text's quotes, which a JSON reader found well-formed, as UTF-8; it never gets longer.
    /// False where a <c>\u</c> names half of a surrogate pair without the other: that is no text.
    /// </summary>
    public static bool TryUnescape(ReadOnlySpan<byte> raw, Span<byte> to, out int length)
    {
        length = 0;
        for (int at = 0; at < raw.Length;)
        {
            int plain = raw[at..].IndexOf((byte)'\\');
            plain = plain < 0 ? raw.Length - at : plain;
            raw.Slice(at, plain).CopyTo(to[length..]);
            at += plain;
            length += plain;
            if (at == raw.Length)
            {
                break;
            }

            if (!TryEscape(raw, ref at, out Rune rune))
            {
                return false;
            }

            length += rune.EncodeToUtf8(to[length..]);
        }

        return true;
    }

    private static bool TryEscape(ReadOnlySpan<byte> raw, ref int at, out Rune rune)
    {
        byte escape = raw[at + 1];
        if (escape != 'u')
        {
            at += 2;
            rune = new Rune(Single(escape));
            return true;
        }

        char high = (char)Hex(raw.Slice(at + 2, 4));
        at += 6;
        if (!char.IsSurrogate(high))
        {
            rune = new Rune(high);
            return true;
        }

        if (raw.Length < at + 6 || raw[at] != '\\' || raw[at + 1] != 'u')
        {
            rune = default;
            return false;
        }

        char low = (char)Hex(raw.Slice(at + 2, 4));
        at += 6;
        return Rune.TryCreate(high, low, out rune);
    }

    private static char Single(byte escape) => (char)escape switch
    {
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        char itself => itself,
    };

    private static int Hex(ReadOnlySpan<byte> digits)
    {
        int value = 0;
        foreach (byte digit in digits)
        {
            value = (value << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return value;
    }
}

using System.Net;
using System.Text;

namespace Minutebook.Connectors;

/// <summary>Fields of a form (<c>application/x-www-form-urlencoded</c>) or of a query.</summary>
internal static class Form
{
    /// <summary>All values of a name, in their order, as the bytes that were encoded.</summary>
    public static List<ReadOnlyMemory<byte>> Values(ReadOnlySpan<byte> form, string name)
    {
        byte[] start = Encoding.UTF8.GetBytes(name + "=");
        List<ReadOnlyMemory<byte>> values = [];
        foreach (Range range in form.Split((byte)'&'))
        {
            ReadOnlySpan<byte> field = form[range];
            if (field.StartsWith(start))
            {
                byte[] value = field[start.Length..].ToArray();
                values.Add(WebUtility.UrlDecodeToBytes(value, 0, value.Length));
            }
        }

        return values;
    }
}

using System.IO.Compression;

namespace Minutebook.Server.Tests;

/// <summary>Gzip, good and evil.</summary>
internal static class Packed
{
    public static byte[] Gzip(ReadOnlySpan<byte> plain)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }

    /// <summary>Blanks, of which a thousandth is sent: members one after the other.</summary>
    public static byte[] Bomb(int mebibytes)
    {
        byte[] blanks = new byte[1 << 20];
        blanks.AsSpan().Fill((byte)' ');
        byte[] one = Gzip(blanks);
        return [.. Enumerable.Repeat(one, mebibytes).SelectMany(bytes => bytes)];
    }
}

using System.Buffers.Binary;
using System.Numerics;

namespace Minutebook.Store;

/// <summary>Entries of one shard that became durable together.</summary>
/// <param name="Shard">The shard; 0 is the installation's own.</param>
/// <param name="Position">1, 2, 3 … without gaps in a shard.</param>
/// <param name="Time">When it was written, in ms.</param>
/// <param name="Codec">The version of the codec that wrote <paramref name="Data"/>.</param>
/// <param name="Data">The encoded entries.</param>
public readonly record struct JournalGroup(int Shard, long Position, long Time, int Codec, ReadOnlyMemory<byte> Data)
{
    /// <summary>CRC-32C over all of it, so that a group found in the wrong place is as wrong as a flipped bit.</summary>
    internal uint Checksum()
    {
        uint crc = BitOperations.Crc32C(uint.MaxValue, (ulong)Shard);
        crc = BitOperations.Crc32C(crc, (ulong)Position);
        crc = BitOperations.Crc32C(crc, unchecked((ulong)Time));
        crc = BitOperations.Crc32C(crc, unchecked((ulong)Codec));
        ReadOnlySpan<byte> left = Data.Span;
        for (; left.Length >= 8; left = left[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(left));
        }

        foreach (byte one in left)
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return ~crc;
    }
}

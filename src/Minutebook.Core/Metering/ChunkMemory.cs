namespace Minutebook.Core.Metering;

/// <summary>
/// Where the chunks of a flush lie until they are stored. The next flush fills the same memory again: chunks are most of what a flush
/// hands over, and as arrays of their own they would live just long enough to be the collector's.
/// </summary>
internal sealed class ChunkMemory
{
    private const int SmallestBlock = 1 << 12;
    private const int LargestBlock = 1 << 20;
    private readonly List<byte[]> blocks = [];
    private int block;
    private int used;

    /// <summary>A copy that is good until <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> bytes)
    {
        while (block < blocks.Count && blocks[block].Length - used < bytes.Length)
        {
            (block, used) = (block + 1, 0);
        }

        if (block == blocks.Count)
        {
            // An account that sends little needs little.
            int size = block == 0 ? SmallestBlock : Math.Min(blocks[^1].Length * 4, LargestBlock);
            blocks.Add(GC.AllocateUninitializedArray<byte>(Math.Max(size, bytes.Length)));
        }

        Memory<byte> copy = blocks[block].AsMemory(used, bytes.Length);
        bytes.CopyTo(copy.Span);
        used += bytes.Length;
        return copy;
    }

    /// <summary>Its memory is to be filled again.</summary>
    public void Clear()
    {
        // One large chunk is no reason to keep so much for good.
        blocks.RemoveAll(static one => one.Length > LargestBlock);
        (block, used) = (0, 0);
    }
}

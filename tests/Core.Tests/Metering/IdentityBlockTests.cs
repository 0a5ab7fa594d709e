using Minutebook.Core.Metering;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>Entries of an identity run come back as they were, whatever they are; bytes that are no block are refused.</summary>
public sealed class IdentityBlockTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(640, 1)]
    [InlineData(640, 255)]
    [InlineData(640, 256)]
    [InlineData(640, 70_000)]
    [InlineData(640, int.MaxValue)]
    public void Entries_come_back_as_they_were(int count, int pages)
    {
        var random = new Random(count ^ pages);
        RunEntry[] entries = [.. Enumerable.Range(0, count)
            .Select(_ => new RunEntry((ulong)random.NextInt64(1L << 40), random.Next(pages)))
            .OrderBy(static entry => entry.Key)];

        Assert.Equal(entries, Read(IdentityBlock.Of(entries)));
    }

    [Fact]
    public void Most_entries_take_less_than_six_bytes()
    {
        // 640 of 262,144 identities of 4,228 classes: how runs are sealed.
        var random = new Random(3);
        RunEntry[] entries = [.. Enumerable.Range(0, 262_144).Select(i => new RunEntry((ulong)random.NextInt64(1L << 40), 1 + (i / 62)))
            .OrderBy(static entry => entry.Key).Take(640)];

        Assert.InRange(IdentityBlock.Of(entries).Length, 640 * 5, 640 * 6);
    }

    [Fact]
    public void Equal_keys_name_all_their_pages_and_where_more_of_them_may_be()
    {
        byte[] block = IdentityBlock.Of([new(5, 9), new(7, 1), new(7, 3), new(8, 4)]);

        Assert.Equal("before", Find(block, 4));
        Assert.Equal("9, before", Find(block, 5));
        Assert.Equal("", Find(block, 6));
        Assert.Equal("1, 3", Find(block, 7));
        Assert.Equal("4, after", Find(block, 8));
        Assert.Equal("after", Find(block, 9));
    }

    [Fact]
    public void A_block_that_was_cut_or_is_too_long_is_refused()
    {
        byte[] block = IdentityBlock.Of([new(1_000_000, 9), new(2_000_000, 700)]);

        Assert.Throws<FormatException>(() => Read(block[..^1]));
        Assert.Throws<FormatException>(() => Read(block[..4]));
        Assert.Throws<FormatException>(() => Read([5, .. block[1..]]));
        Assert.Throws<FormatException>(() => Read([0, 0, 0, 0, 1, .. Enumerable.Repeat((byte)1, 641)]));
        Assert.Throws<FormatException>(() => Read([0, 0, 0, 0, 1, .. Enumerable.Repeat((byte)0xFF, 12)]));
    }

    private static RunEntry[] Read(byte[] block)
    {
        var entries = new RunEntry[IdentityRun.BlockEntries];
        return entries[..IdentityBlock.Read(block, entries)];
    }

    private static string Find(byte[] block, ulong key)
    {
        List<int> pages = [];
        (bool before, bool after) = IdentityBlock.FindPages(block, key, pages);
        return string.Join(", ", [.. pages.Select(static page => $"{page}"), .. before ? ["before"] : Array.Empty<string>(), .. after ? ["after"] : Array.Empty<string>()]);
    }
}

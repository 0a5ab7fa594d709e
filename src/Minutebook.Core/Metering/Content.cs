using System.Runtime.InteropServices;
using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>
/// The hash of all that an event says besides its time: whether a second one of the same identity contradicts it (rule 1.3). It is stored
/// with the event, so it must stay what it is. Pages keep presence word for word and need none for it.
/// </summary>
internal static class Content
{
    public static long Of(EventBatch batch, in EventRow row)
    {
        ReadOnlySpan<long> numbers = [(long)row.Kind, row.Quantity, row.Mode, row.Stored, row.FileCount];
        ulong hash = TextHash.Of(MemoryMarshal.AsBytes(numbers));
        ReadOnlySpan<int> texts = [row.Application, row.Subject, row.User, row.Name, row.A, row.B, row.C];
        foreach (int text in texts)
        {
            hash = TextHash.Of(batch.Text(text), hash);
        }

        foreach (FileRow file in batch.Files(row))
        {
            ReadOnlySpan<long> its = [(long)file.Kind, file.Seconds, file.Bytes];
            hash = TextHash.Of(batch.Text(file.User), TextHash.Of(MemoryMarshal.AsBytes(its), hash));
        }

        return unchecked((long)hash);
    }
}

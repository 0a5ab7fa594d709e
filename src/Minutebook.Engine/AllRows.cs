namespace Minutebook.Engine;

/// <summary>The numbers from 0 on, to name all events of a batch by.</summary>
internal static class AllRows
{
    private static int[] numbers = [.. Enumerable.Range(0, 8192)];

    public static ReadOnlySpan<int> Of(int count)
    {
        int[] its = numbers;
        if (its.Length < count)
        {
            numbers = its = [.. Enumerable.Range(0, count * 2)];
        }

        return its.AsSpan(0, count);
    }
}

using System.Globalization;

namespace Minutebook.Reference;

/// <summary>What a run of the tests was asked for: MINUTEBOOK_TEST_LONG=1 for what takes minutes too, MINUTEBOOK_SEED=n for one random history.</summary>
public static class TestRun
{
    public static bool IsLong => Environment.GetEnvironmentVariable("MINUTEBOOK_TEST_LONG") == "1";

    /// <summary>The one seed that was asked for; null for any.</summary>
    public static int? Seed => Environment.GetEnvironmentVariable("MINUTEBOOK_SEED") is { Length: > 0 } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : null;

    /// <summary>The seeds of the random histories to tell, each a case of its own: a case that fails names its seed.</summary>
    public static IEnumerable<int> Seeds(int few, int many, int first = 1) => Seed is { } only ? [only] : Enumerable.Range(first, IsLong ? many : few);
}

namespace Minutebook.Cli.University;

/// <summary>Seeded chance (SplitMix64): the same seed throws the same on every machine and runtime.</summary>
internal struct Dice(ulong seed)
{
    private ulong state = seed;

    public ulong Next()
    {
        unchecked
        {
            ulong mixed = state += 0x9E3779B97F4A7C15;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return mixed ^ (mixed >> 31);
        }
    }

    /// <summary>From 0 to <paramref name="limit"/>, exclusive.</summary>
    public int Below(int limit) => (int)(((Next() >> 32) * (ulong)limit) >> 32);

    /// <summary>From <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>Both included, the middle likelier than the ends.</summary>
    public int Around(int least, int most) => (Between(least, most) + Between(least, most)) / 2;

    public bool Chance(double probability) => (Next() >> 11) * (1.0 / (1ul << 53)) < probability;
}

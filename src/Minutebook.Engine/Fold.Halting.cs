using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>Something of an account cannot be folded: a defect of this program, and of no other account's entries.</summary>
internal sealed class FoldFailedException(string account, Exception why) : Exception($"Account '{account}' cannot be folded: {why.Message}", why)
{
    /// <summary>Whose entries they are.</summary>
    public string Account { get; } = account;
}

/// <summary>
/// Goes on without accounts that cannot be folded. What stands in the tables of such an account stays as it was, all of one position; what
/// comes is in the journal, from which another build makes the tables again.
/// </summary>
internal sealed partial class Fold
{
    private const int MostWhy = 4_000;
    private readonly Dictionary<string, HaltedRow> halted = new(StringComparer.Ordinal);
    private readonly List<HaltedRow> newlyHalted = [];
    /// <summary>What decisions on halted accounts go by.</summary>
    private readonly List<Permits> lastPermits = [];
    /// <summary>To be halted as they stand in the tables when these are opened.</summary>
    private readonly List<FoldFailedException> failed = [];

    /// <summary>Of two builds of Core with one name the same comes out, defects included.</summary>
    public static string Build { get; } = typeof(Book).Module.ModuleVersionId.ToString();

    /// <summary>For tests: told of an account before anything of it is folded; may throw.</summary>
    public Action<string>? Folding { get; init; }

    /// <summary>Whether something of what was halted failed in another build than this one.</summary>
    public bool IsMended => halted.Values.Any(static row => row.Build != Build);

    /// <summary>The books opened anew from the tables, without the accounts that this fold has halted.</summary>
    /// <param name="its">What is to be halted, too; null for nothing more.</param>
    /// <exception cref="StoreException">The tables cannot be read.</exception>
    public Fold Anew(FoldFailedException? its = null)
    {
        var anew = new Fold(store, Shard, publish, merger, runEvents) { Only = Only, Folding = Folding };
        anew.failed.AddRange(failed);
        if (its is not null)
        {
            anew.failed.Add(its);
        }

        anew.Open();
        return anew;
    }

    /// <summary>Learns who is halted before books are opened.</summary>
    private void LearnHalted(Reader read)
    {
        foreach (HaltedRow row in read.Halted(Shard))
        {
            halted.Add(row.Account, row);
        }

        foreach (FoldFailedException its in failed)
        {
            string why = $"{its.InnerException}";
            var row = new HaltedRow(its.Account, Position, Time, Build, why[..Math.Min(why.Length, MostWhy)]);
            if (halted.TryAdd(its.Account, row))
            {
                newlyHalted.Add(row);
            }
        }
    }

    /// <summary>What becomes of the book of a halted account: decisions go by it, as of then.</summary>
    private void Keep(Book book, in HaltedRow row)
    {
        if (book.TakePermits() is { } permits)
        {
            lastPermits.Add(permits with { HaltedAt = row.At });
        }
    }

    private void RefuseOthersHalted(Reader next)
    {
        if (!next.Halted(Shard).ToHashSet().SetEquals(halted.Values.Except(newlyHalted)))
        {
            throw new StoreException($"Accounts of shard {Shard} were halted meanwhile, or are not any more.");
        }
    }

    /// <summary>Does something with a book: what fails there is its account's.</summary>
    private static void Guard(Held held, Action<Held> act)
    {
        try
        {
            act(held);
        }
        catch (Exception defect) when (IsDefect(defect))
        {
            throw new FoldFailedException(held.Book.State.Id, defect);
        }
    }

    /// <summary>What is no word of a defect in what is folded: a store that fails, or a machine that is out of memory.</summary>
    private static bool IsDefect(Exception wrong) => wrong is not (StoreException or OutOfMemoryException or FoldFailedException);
}

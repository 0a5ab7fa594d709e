using System.Text;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Units;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>Something of an account cannot be folded: a defect of this program, and of no other account's entries.</summary>
internal sealed class FoldFailedException(string account, Exception why) : Exception($"Account '{account}' cannot be folded: {why.Message}", why)
{
    /// <param name="all">What failed together, of one account each.</param>
    public FoldFailedException(IReadOnlyList<FoldFailedException> all)
        : this(all[0].Account, all[0].InnerException!) => All = all;

    /// <summary>Whose entries they are.</summary>
    public string Account { get; } = account;

    /// <summary>This, and of other accounts what failed with it.</summary>
    public IReadOnlyList<FoldFailedException> All
    {
        get => field ?? [this];
        private init;
    }
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
    /// <summary>What failed in the group at hand.</summary>
    private readonly List<FoldFailedException> gathered = [];
    /// <summary>To be halted as they stand in the tables when these are opened.</summary>
    private readonly List<FoldFailedException> failed = [];

    /// <summary>Of two builds with one name the same comes out, defects included: of the rules, of what feeds them, and of what keeps their rows.</summary>
    public static string Build { get; } = string.Join(' ', new[] { typeof(Book), typeof(Fold), typeof(Store.Store) }.Select(static its => its.Module.ModuleVersionId));

    /// <summary>For tests: told of an account, and at which position, before anything of it is folded; may throw.</summary>
    public Action<string, long>? Folding { get; init; }

    /// <summary>
    /// What fails of several accounts in one group is told of together, at its end; what is in memory is worth nothing then. So a defect that
    /// strikes all accounts at midnight has their shard opened again a few times, and not for each of them.
    /// </summary>
    public bool Gathers { get; set; }

    /// <summary>The books opened anew from the tables, without the accounts that this fold has halted.</summary>
    /// <param name="halts">What is to be halted, too.</param>
    /// <exception cref="StoreException">The tables cannot be read.</exception>
    /// <exception cref="FoldFailedException">Something of an account cannot be opened.</exception>
    public Fold Anew(params IEnumerable<FoldFailedException> halts)
    {
        // What it merged on would come between what the new one tidies and what it merges.
        LetGo();
        var anew = new Fold(store, Shard, publish, merger, runEvents) { Only = Only, Folding = Folding, Gathers = Gathers };
        anew.failed.AddRange(failed.Concat(halts));
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
            // Half of a character, of what was sent or of the cut, is nothing that a database takes.
            why = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(why[..Math.Min(why.Length, MostWhy)]));
            var row = new HaltedRow(its.Account, Position, Math.Max(Time, 0), Build, why);
            if (halted.TryAdd(its.Account, row))
            {
                newlyHalted.Add(row);
            }
        }
    }

    /// <summary>What becomes of the book of a halted account: decisions go by it, as of then.</summary>
    private void Keep(Book book, in HaltedRow row)
    {
        try
        {
            if (book.TakePermits() is { } permits)
            {
                lastPermits.Add(permits with { HaltedAt = row.At });
            }
        }
        catch (Exception defect) when (IsDefect(defect))
        {
            // It is halted: nothing is known of it, then.
        }
    }

    /// <summary>An account of which nothing was stored yet is known to be halted, too.</summary>
    private void KeepUnopened()
    {
        foreach (HaltedRow row in halted.Values.Where(row => !lastPermits.Exists(its => its.Account == row.Account)).ToArray())
        {
            lastPermits.Add(new Permits(row.Account, [], Money.Zero, "", new Dictionary<string, ApplicationPermit>()) { HaltedAt = row.At });
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
    private void Guard(Held held, Action<Held> act)
    {
        if (HasFailed(held.Book.State.Id))
        {
            return;
        }

        try
        {
            act(held);
        }
        catch (Exception defect) when (IsDefect(defect))
        {
            Fail(held.Book.State.Id, defect);
        }
    }

    private T? Guard<T>(string account, Func<T> act)
        where T : class?
    {
        try
        {
            return act();
        }
        catch (Exception defect) when (IsDefect(defect))
        {
            Fail(account, defect);
            return null;
        }
    }

    /// <summary>Nothing more of it is folded here: it is halted, or has just failed.</summary>
    private bool IsLeftOut(string account) => halted.ContainsKey(account) || HasFailed(account);

    private bool HasFailed(string account) => gathered.Count > 0 && IsGathered(account);

    private bool IsGathered(string account) => gathered.Exists(its => its.Account == account);

    private void Fail(string account, Exception defect)
    {
        var its = new FoldFailedException(account, defect);
        if (!Gathers)
        {
            throw its;
        }

        if (!IsGathered(account))
        {
            gathered.Add(its);
        }
    }

    private void RefuseGathered()
    {
        if (gathered.Count > 0)
        {
            throw new FoldFailedException(gathered);
        }
    }

    /// <summary>What is no word of a defect in what is folded: a store that fails, or a machine that is out of memory.</summary>
    internal static bool IsDefect(Exception wrong) => wrong is not (StoreException or OutOfMemoryException or FoldFailedException);
}

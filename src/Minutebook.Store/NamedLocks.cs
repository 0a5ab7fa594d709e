using System.Text;
using Minutebook.Core.Events;

namespace Minutebook.Store;

/// <summary>
/// Locks that the processes on one PostgreSQL take by name, for moments: what one of them reads and writes under a name, none of the others
/// reads meanwhile. A process has all of its own in one session; when that breaks they are free, whoever counts on them. Safe for many threads.
/// </summary>
public sealed class NamedLocks : IDisposable
{
    private readonly Func<Connection> open;
    private readonly int space;

    /// <summary>
    /// What this process has, or asks for: nobody else in it asks meanwhile, neither in vain nor with success, as a session may take a lock
    /// of its own again.
    /// </summary>
    private readonly HashSet<long> own = [];
    private readonly SemaphoreSlim turn = new(1, 1);
    private Connection? session;

    /// <param name="open">Opens the session.</param>
    /// <param name="space">Which store's they are, of the database.</param>
    internal NamedLocks(Func<Connection> open, int space) => (this.open, this.space) = (open, space);

    /// <summary>Takes all of the names, or none.</summary>
    /// <param name="names">The names.</param>
    /// <param name="patience">So long it waits for others of this process to have asked the database.</param>
    /// <param name="stop">Gives up waiting.</param>
    /// <exception cref="StoreException">The database does not answer; none is taken.</exception>
    public async Task<bool> TryTakeAsync(IReadOnlyCollection<string> names, TimeSpan patience, CancellationToken stop = default)
    {
        long[] its = NumbersOf(names);
        lock (own)
        {
            if (own.Overlaps(its))
            {
                return false;
            }

            own.UnionWith(its);
        }

        bool taken = false;
        try
        {
            return taken = its.Length == 0 || await InTurnAsync(() => TryTake(its), patience, stop);
        }
        finally
        {
            if (!taken)
            {
                Forget(its);
            }
        }
    }

    /// <summary>Releases names that were taken.</summary>
    public async Task ReleaseAsync(IReadOnlyCollection<string> names)
    {
        long[] its = NumbersOf(names);
        try
        {
            _ = its.Length == 0 || await InTurnAsync(() => Release(its), Timeout.InfiniteTimeSpan, CancellationToken.None);
        }
        catch (StoreException)
        {
            // The session is gone, and its locks with it.
        }
        finally
        {
            Forget(its);
        }
    }

    public void Dispose()
    {
        session?.Dispose();
        turn.Dispose();
    }

    private void Forget(long[] its)
    {
        lock (own)
        {
            own.ExceptWith(its);
        }
    }

    private async Task<bool> InTurnAsync(Func<bool> ask, TimeSpan patience, CancellationToken stop)
    {
        if (!await turn.WaitAsync(patience, stop))
        {
            return false;
        }

        try
        {
            return ask();
        }
        catch
        {
            // What it holds is free for others at once, whatever it was.
            session?.Dispose();
            session = null;
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    private bool TryTake(long[] its)
    {
        for (int i = 0; i < its.Length; i++)
        {
            if (!Ask("SELECT pg_try_advisory_lock(?1::bigint)", its[i]))
            {
                Release(its[..i]);
                return false;
            }
        }

        return true;
    }

    private bool Release(long[] its) => Array.TrueForAll(its, one => Ask("SELECT pg_advisory_unlock(?1::bigint)", one));

    private bool Ask(string sql, long number)
    {
        session ??= open();
        using Statement select = session.Take(sql);
        return select.Add(number).Next() && select.Long() == 1;
    }

    /// <summary>Two names of one number wait for each other, and no more.</summary>
    private long[] NumbersOf(IReadOnlyCollection<string> names) =>
        [.. names.Select(name => unchecked((long)TextHash.Of(Encoding.UTF8.GetBytes($"{space}\n{name}")))).Distinct()];
}

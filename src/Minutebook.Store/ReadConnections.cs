using System.Collections.Concurrent;

namespace Minutebook.Store;

/// <summary>The connections that read one database: as many as read at the same time, up to a number, some of them kept.</summary>
internal sealed class ReadConnections(Func<Connection> open, int most = int.MaxValue) : IDisposable
{
    private const int Kept = 8;

    /// <summary>So long somebody waits while as many read as may.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentBag<Connection> idle = [];
    private readonly SemaphoreSlim room = new(most, most);
    private volatile bool closed;

    /// <summary>For tests: nothing can be read.</summary>
    public bool Fails { get; set; }

    /// <exception cref="StoreException">The database does not answer, or too many read.</exception>
    public Connection Take()
    {
        ObjectDisposedException.ThrowIf(closed, this);
        if (!room.Wait(Patience))
        {
            throw new StoreException($"{most} connections read at once, which is as many as may, and none came free within {Patience.TotalSeconds:0} seconds.");
        }

        try
        {
            return Fails ? throw new StoreException("A failure for tests.") : idle.TryTake(out Connection? connection) ? connection : open();
        }
        catch
        {
            room.Release();
            throw;
        }
    }

    public void Return(Connection connection)
    {
        connection.RollBack();
        if (connection.Broken)
        {
            // What broke it broke the others, too.
            DropIdle();
        }

        if (closed || connection.Broken || idle.Count >= Kept)
        {
            connection.Dispose();
        }
        else
        {
            idle.Add(connection);
        }

        room.Release();
    }

    public void Dispose()
    {
        closed = true;
        DropIdle();
    }

    /// <summary>Closes those that nobody reads with: they may be dead.</summary>
    public void DropIdle()
    {
        while (idle.TryTake(out Connection? connection))
        {
            connection.Dispose();
        }
    }
}

using System.Collections.Concurrent;

namespace Minutebook.Store;

/// <summary>The connections that read one database: as many as read at the same time, some of them kept.</summary>
internal sealed class ReadConnections(Func<Connection> open) : IDisposable
{
    private const int Kept = 8;

    private readonly ConcurrentBag<Connection> idle = [];
    private volatile bool closed;

    public Connection Take()
    {
        ObjectDisposedException.ThrowIf(closed, this);
        return idle.TryTake(out Connection? connection) ? connection : open();
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
            return;
        }

        idle.Add(connection);
    }

    public void Dispose()
    {
        closed = true;
        DropIdle();
    }

    private void DropIdle()
    {
        while (idle.TryTake(out Connection? connection))
        {
            connection.Dispose();
        }
    }
}

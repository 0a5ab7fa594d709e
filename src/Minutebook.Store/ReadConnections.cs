using System.Collections.Concurrent;

namespace Minutebook.Store;

/// <summary>The connections that read one file: as many as read at the same time, some of them kept.</summary>
internal sealed class ReadConnections(string path) : IDisposable
{
    private const int Kept = 8;

    private readonly ConcurrentBag<Connection> idle = [];
    private volatile bool closed;

    public Connection Take()
    {
        ObjectDisposedException.ThrowIf(closed, this);
        return idle.TryTake(out Connection? connection) ? connection : Connection.OpenReader(path);
    }

    public void Return(Connection connection)
    {
        connection.RollBack();
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
        while (idle.TryTake(out Connection? connection))
        {
            connection.Dispose();
        }
    }
}

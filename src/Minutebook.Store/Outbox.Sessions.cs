namespace Minutebook.Store;

/// <summary>Somebody who signed in at the console.</summary>
/// <param name="Id">The hash of what the browser's cookie holds.</param>
/// <param name="Who">Who it is, sealed.</param>
/// <param name="SeenAt">When it was last used, more or less, in ms of the server's clock.</param>
/// <param name="EndsAt">When it is over in any case, in ms.</param>
public sealed record SessionRow(string Id, string Who, long SeenAt, long EndsAt);

/// <summary>Who signed in, so that any process on the store knows it.</summary>
public sealed partial class Outbox
{
    /// <summary>A session; null for none.</summary>
    public SessionRow? Session(string id) => Use(connection =>
    {
        using Statement select = connection.Take("SELECT who, seen_at, ends_at FROM sessions WHERE shard = 0 AND id = ?1");
        return select.Add(id).Next() ? new SessionRow(id, select.Text(), select.Long(), select.Long()) : null;
    });

    /// <summary>Begins a session. Those that are over make room, and so do the oldest of more than so many.</summary>
    /// <param name="row">The session.</param>
    /// <param name="now">Who ends by then is over, in ms.</param>
    /// <param name="idle">Who was not seen since is over, in ms.</param>
    /// <param name="most">How many there may be.</param>
    public void Begin(SessionRow row, long now, long idle, int most) => Use(connection =>
    {
        connection.InTransaction(() =>
        {
            using Statement oldest = connection.Take("SELECT seen_at FROM sessions WHERE shard = 0 ORDER BY seen_at DESC LIMIT 1 OFFSET ?1");
            long before = oldest.Add(most - 1).Next() ? Math.Max(idle, oldest.Long()) : idle;
            oldest.Reset();
            using Statement delete = connection.Take("DELETE FROM sessions WHERE shard = 0 AND (ends_at <= ?1 OR seen_at <= ?2)");
            delete.Add(now).Add(before).Run();
            using Statement insert = connection.Take("INSERT INTO sessions (shard, id, who, seen_at, ends_at) VALUES (0, ?1, ?2, ?3, ?4)");
            insert.Add(row.Id).Add(row.Who).Add(row.SeenAt).Add(row.EndsAt).Run();
        });
        connection.CheckpointIfDue();
        return 0;
    });

    /// <summary>Notes that a session was used.</summary>
    public void Seen(string id, long at) =>
        Run("UPDATE sessions SET seen_at = ?2 WHERE shard = 0 AND id = ?1 AND seen_at < ?2", update => update.Add(id).Add(at));

    /// <summary>Ends a session.</summary>
    public void End(string id) => Run("DELETE FROM sessions WHERE shard = 0 AND id = ?1", delete => delete.Add(id));
}

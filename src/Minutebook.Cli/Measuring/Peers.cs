using System.Diagnostics;
using System.Text;
using Minutebook.Core.Events;
using Npgsql;
using SQLitePCL;

namespace Minutebook.Cli.Measuring;

/// <summary>
/// What one would write by hand: a table of events with a unique key on source and id, filled in batches that leave out what is there,
/// and presence by a window function over it. It gets its events read and checked already, and in its own process.
/// </summary>
internal static class Peers
{
    private const int Size = 4_000;

    private const string Table =
        """
        CREATE TABLE events (
            source TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, "class" TEXT NOT NULL, "user" TEXT NOT NULL, connection TEXT NOT NULL,
            role TEXT NOT NULL, time BIGINT NOT NULL, PRIMARY KEY (source, id))
        """;

    private const string ByPlace = """CREATE INDEX events_by_place ON events ("class", "user", connection, time)""";

    /// <summary>Participant seconds of each month; each join with the leave that is next on its connection.</summary>
    private static string Question(string month) =>
        $"""
        SELECT {month} AS month, SUM(next_time - time) / 1000 AS seconds
        FROM (SELECT type, time, LEAD(type) OVER places AS next_type, LEAD(time) OVER places AS next_time
              FROM events WHERE "user" <> '' WINDOW places AS (PARTITION BY "class", "user", connection ORDER BY time)) AS stays
        WHERE type = 'participant.joined' AND next_type = 'participant.left' GROUP BY 1
        """;

    /// <summary>What the question took when it was asked of the events in order, which need not be inserted twice for it.</summary>
    private static (BenchOptions Options, double Answer)? askedPostgres;

    private sealed record Row(string Source, string Id, string Type, string Class, string User, string Connection, string Role, long Time);

    public static Task<double> Sqlite(BenchOptions options, CancellationToken stop) => Task.FromResult(Sqlite(options, ordered: false, stop).Rate);

    public static Task<double> SqliteInOrder(BenchOptions options, CancellationToken stop) => Task.FromResult(Sqlite(options, ordered: true, stop).Rate);

    public static Task<double> SqliteQuestion(BenchOptions options, CancellationToken stop) => Task.FromResult(Sqlite(options, ordered: true, stop).Answer);

    public static async Task<double> Postgres(BenchOptions options, CancellationToken stop) => (await PostgresAsync(options, ordered: false, stop)).Rate;

    public static async Task<double> PostgresInOrder(BenchOptions options, CancellationToken stop)
    {
        (double rate, double answer) = await PostgresAsync(options, ordered: true, stop);
        askedPostgres = (options, answer);
        return rate;
    }

    public static async Task<double> PostgresQuestion(BenchOptions options, CancellationToken stop) =>
        askedPostgres is { } asked && asked.Options == options ? asked.Answer : (await PostgresAsync(options, ordered: true, stop)).Answer;

    private static (double Rate, double Answer) Sqlite(BenchOptions options, bool ordered, CancellationToken stop)
    {
        DirectoryInfo data = Directory.CreateTempSubdirectory("minutebook-peer-");
        try
        {
            Batteries_V2.Init();
            Check(raw.sqlite3_open(Path.Combine(data.FullName, "peer.db"), out sqlite3 database));
            Run(database, "PRAGMA journal_mode=WAL");
            Run(database, "PRAGMA synchronous=FULL");
            Run(database, "PRAGMA cache_size=-262144");
            Run(database, $"{Table} WITHOUT ROWID");
            Run(database, ByPlace);
            (long events, TimeSpan taken) = (0, TimeSpan.Zero);
            foreach (List<Row> batch in Batches(options, ordered))
            {
                stop.ThrowIfCancellationRequested();
                Stopwatch watch = Stopwatch.StartNew();
                Insert(database, batch);
                (events, taken) = (events + batch.Count, taken + watch.Elapsed);
            }

            Stopwatch answer = Stopwatch.StartNew();
            Run(database, Question("strftime('%Y-%m', time / 1000, 'unixepoch')"));
            double asked = answer.Elapsed.TotalMilliseconds;
            database.Dispose();
            return (events / taken.TotalSeconds, asked);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static void Insert(sqlite3 database, List<Row> batch)
    {
        Run(database, "BEGIN IMMEDIATE");
        Check(raw.sqlite3_prepare_v2(database, "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", out sqlite3_stmt insert));
        foreach (Row row in batch)
        {
            int at = 1;
            foreach (string text in (ReadOnlySpan<string>)[row.Source, row.Id, row.Type, row.Class, row.User, row.Connection, row.Role])
            {
                Check(raw.sqlite3_bind_text(insert, at++, text));
            }

            Check(raw.sqlite3_bind_int64(insert, at, row.Time));
            Check(raw.sqlite3_step(insert));
            Check(raw.sqlite3_reset(insert));
        }

        insert.Dispose();
        Run(database, "COMMIT");
    }

    private static void Run(sqlite3 database, string sql) => Check(raw.sqlite3_exec(database, sql));

    private static void Check(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw new InvalidOperationException($"SQLite answered {result}.");
        }
    }

    private static async Task<(double Rate, double Answer)> PostgresAsync(BenchOptions options, bool ordered, CancellationToken stop)
    {
        await using Schema schema = new(options);
        await using var source = NpgsqlDataSource.Create(schema.Connection);
        await ExecuteAsync(source, $"CREATE SCHEMA {schema.Name}; {Table}; {ByPlace}", stop);
        (long events, TimeSpan taken) = (0, TimeSpan.Zero);
        foreach (List<Row>[] some in Batches(options, ordered).Chunk(2))
        {
            Stopwatch watch = Stopwatch.StartNew();
            await Task.WhenAll(some.Select(batch => InsertAsync(source, batch, stop)));
            (events, taken) = (events + some.Sum(batch => batch.Count), taken + watch.Elapsed);
        }

        await ExecuteAsync(source, "ANALYZE events", stop);
        Stopwatch answer = Stopwatch.StartNew();
        await ExecuteAsync(source, Question("to_char(to_timestamp(time / 1000) AT TIME ZONE 'UTC', 'YYYY-MM')"), stop);
        return (events / taken.TotalSeconds, answer.Elapsed.TotalMilliseconds);
    }

    private static async Task InsertAsync(NpgsqlDataSource source, List<Row> batch, CancellationToken stop)
    {
        await using NpgsqlCommand insert = source.CreateCommand(
            "INSERT INTO events SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[]) ON CONFLICT DO NOTHING");
        foreach (Func<Row, string> column in (Func<Row, string>[])[row => row.Source, row => row.Id, row => row.Type, row => row.Class, row => row.User, row => row.Connection, row => row.Role])
        {
            insert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. batch.Select(column)] });
        }

        insert.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. batch.Select(row => row.Time)] });
        await insert.ExecuteNonQueryAsync(stop);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken stop)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(stop);
    }

    /// <summary>The benchmark's events, read.</summary>
    private static IEnumerable<List<Row>> Batches(BenchOptions options, bool ordered)
    {
        var reader = new EventReader();
        var faults = new EventFaults();
        var batch = new EventBatch();
        long count = 0;
        foreach (byte[] body in Lessons.Arrays(options.Events, Size, Stages.Application, (int)options.Seed))
        {
            batch.Clear();
            reader.Read(body, EventFormat.Array, batch, Stages.Now.ToUnixTimeMilliseconds(), faults);
            List<Row> rows = [];
            foreach (ref readonly EventRow row in batch.Rows)
            {
                string id = ordered ? $"0190a000-0000-7000-8000-{count++:D12}" : Text(batch, row.Id);
                rows.Add(new Row(
                    Text(batch, row.Source), id, Encoding.UTF8.GetString(Words.Of(row.Kind)), Text(batch, row.Subject), Text(batch, row.User), Text(batch, row.Connection), Text(batch, row.Role), row.Time));
            }

            yield return rows;
        }
    }

    private static string Text(EventBatch batch, int text) => text < 0 ? "" : Encoding.UTF8.GetString(batch.Text(text));
}

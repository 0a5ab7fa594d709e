using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Minutebook.Cli.Measuring;

/// <summary>
/// What the same machine, web server and database would allow: a program that only reads the body, takes the fields of each event with
/// the framework's reader, told by their first letters, and keeps 64 bytes of each as one synced blob a body. It identifies, checks and meters nothing.
/// </summary>
internal sealed class Limit : IAsyncDisposable
{
    private const int Kept = 64;
    private readonly DirectoryInfo data = Directory.CreateTempSubdirectory("minutebook-limit-");
    private readonly Channel<(byte[] Blob, TaskCompletionSource Durable)> waiting = Channel.CreateUnbounded<(byte[], TaskCompletionSource)>();
    private readonly Thread committer;
    private WebApplication? web;

    private Limit()
    {
        committer = new Thread(Commit) { IsBackground = true };
        committer.Start();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; private set; } = new(IPAddress.Loopback, 0);

    public static async Task<Limit> StartAsync(CancellationToken stop)
    {
        var limit = new Limit();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        limit.web = builder.Build();
        limit.web.MapPost("/v1/events", limit.TakeAsync);
        await limit.web.StartAsync(stop);
        limit.Address = new IPEndPoint(IPAddress.Loopback, new Uri(limit.web.Urls.Single()).Port);
        return limit;
    }

    public async ValueTask DisposeAsync()
    {
        await web!.DisposeAsync();
        waiting.Writer.Complete();
        committer.Join();
        data.Delete(recursive: true);
    }

    private async Task TakeAsync(HttpContext context)
    {
        int length = (int)(context.Request.ContentLength ?? 0);
        byte[] body = ArrayPool<byte>.Shared.Rent(length);
        await context.Request.Body.ReadExactlyAsync(body.AsMemory(0, length));
        (byte[] blob, int events) = Take(body.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(body);
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Writer.TryWrite((blob, durable));
        await durable.Task;
        context.Response.StatusCode = 202;
        context.Response.ContentType = "application/json";
        byte[] answer = Encoding.ASCII.GetBytes($"{{\"accepted\":{events}}}");
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer);
    }

    private static (byte[] Blob, int Events) Take(ReadOnlySpan<byte> body)
    {
        byte[] blob = new byte[body.Length / 2];
        int events = 0;
        var reader = new Utf8JsonReader(body);
        int field = -1;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                field = FieldOf(reader);
            }
            else if (reader.TokenType == JsonTokenType.String && field >= 0)
            {
                BinaryPrimitives.WriteInt32LittleEndian(blob.AsSpan((events * Kept) + (field * 4)), (int)reader.TokenStartIndex);
            }
            else if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == 1)
            {
                events++;
            }
        }

        return (blob[..(events * Kept)], events);
    }

    private static int FieldOf(in Utf8JsonReader reader) => reader.ValueSpan switch
    {
        [(byte)'i', (byte)'d'] => 0,
        [(byte)'t', (byte)'i', ..] => 1,
        [(byte)'t', ..] => 2,
        [(byte)'s', (byte)'o', ..] => 3,
        [(byte)'s', (byte)'u', ..] => 4,
        [(byte)'s', (byte)'p', ..] => 5,
        [(byte)'a', ..] => 6,
        [(byte)'u', ..] => 7,
        [(byte)'r', ..] => 8,
        [(byte)'c', ..] => 9,
        _ => -1,
    };

    private void Commit()
    {
        Batteries_V2.Init();
        Check(raw.sqlite3_open(Path.Combine(data.FullName, "limit.db"), out sqlite3 database));
        Check(raw.sqlite3_exec(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE blobs (position INTEGER PRIMARY KEY, data BLOB)"));
        Check(raw.sqlite3_prepare_v2(database, "INSERT INTO blobs (data) VALUES (?)", out sqlite3_stmt insert));
        List<TaskCompletionSource> group = [];
        while (waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            Check(raw.sqlite3_exec(database, "BEGIN IMMEDIATE"));
            while (waiting.Reader.TryRead(out (byte[] Blob, TaskCompletionSource Durable) one))
            {
                Check(raw.sqlite3_bind_blob(insert, 1, one.Blob));
                raw.sqlite3_step(insert);
                Check(raw.sqlite3_reset(insert));
                group.Add(one.Durable);
            }

            Check(raw.sqlite3_exec(database, "COMMIT"));
            group.ForEach(static durable => durable.TrySetResult());
            group.Clear();
        }

        insert.Dispose();
        database.Dispose();
    }

    private static void Check(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw new InvalidOperationException($"SQLite answered {result}.");
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Minutebook.Testing;

/// <summary>A PostgreSQL of this test run's own, made when it is first wanted. It refuses to be root's, so root lends it to another user.</summary>
public sealed class PostgresServer : IDisposable
{
    private static readonly Lazy<PostgresServer> Common = new(static () => new PostgresServer());

    private const string Memory = "/dev/shm", Prefix = "minutebook-postgres-";
    private const long Needed = 2L << 30;

    /// <summary>A machine whose disk stands still for a while is no database that is silent.</summary>
    private const string Patience = ";Timeout=60;Command Timeout=60";

    private static int schemas;

    private readonly string directory = NewDirectory();
    private readonly int port = FreePort();
    private Process? process;

    public PostgresServer()
    {
        if (IsRoot)
        {
            Run("chown", Lent, directory);
        }

        Run(Tool("initdb"), "-D", Data, "-U", "minutebook", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync");
        Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    /// <summary>The one that tests share which do not stop it.</summary>
    public static PostgresServer Shared => Common.Value;

    /// <summary>What the server wrote about itself.</summary>
    public string Log => Path.Combine(directory, "log");

    private string Data => Path.Combine(directory, "data");

    private static string Lent => File.ReadLines("/etc/passwd").Any(static line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    private static bool IsRoot => Environment.UserName == "root";

    /// <summary>A connection string to a schema that nobody has used, for who does not stop the server.</summary>
    public string NewSchema() => Patient(string.Create(CultureInfo.InvariantCulture, $"t{Environment.ProcessId}_{Interlocked.Increment(ref schemas)}"));

    /// <summary>The same to a schema of that name.</summary>
    public string Patient(string schema) => Connection(schema) + Patience;

    public string Connection(string schema) => $"Host=127.0.0.1;Port={port};Database=postgres;Username=minutebook;Search Path={schema}";

    public void Start()
    {
        process = Begin(Tool("postgres"), "-D", Data, "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={directory}",
            "-c", "fsync=off", "-c", "max_connections=400", "-c", "shared_buffers=64MB", "-c", "log_destination=stderr", "-c", "logging_collector=on",
            "-c", $"log_directory={directory}", "-c", "log_filename=log", "-c", "log_file_mode=0644", "-c", "max_wal_size=256MB");
        for (long until = Environment.TickCount64 + 30_000; ; Thread.Sleep(50))
        {
            try
            {
                using NpgsqlConnection connection = new(Connection("public") + ";Pooling=false");
                connection.Open();
                return;
            }
            catch (NpgsqlException) when (Environment.TickCount64 < until && !process.HasExited)
            {
                // It is starting.
            }
        }
    }

    /// <summary>Ends the sessions by which a shard of a store is held, or all of its shards; their processes have not heard of it.</summary>
    /// <returns>How many.</returns>
    public static long EndHolders(string schema, int? shard = null)
    {
        using NpgsqlConnection connection = new(schema);
        connection.Open();
        // Shards are locked for one alone, processes' marks are shared.
        using NpgsqlCommand end = new(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND mode = 'ExclusiveLock' AND granted "
            + $"AND classid = '{new NpgsqlConnectionStringBuilder(schema).SearchPath}'::regnamespace {(shard is { } its ? $"AND objid = {its}" : "")}", connection);
        return (long)end.ExecuteScalar()!;
    }

    /// <summary>Ends it as an administrator does who restarts it: connections are cut off.</summary>
    public void Stop()
    {
        if (process is { HasExited: false })
        {
            Run("kill", "-INT", $"{process.Id}");
            process.WaitForExit();
        }
    }

    public void Dispose()
    {
        Stop();
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>In memory where there is room, for nothing here tests the disk. What a run that was killed left behind there would take the room for good.</summary>
    private static string NewDirectory()
    {
        if (!Directory.Exists(Memory) || new DriveInfo(Memory).AvailableFreeSpace < Needed)
        {
            return Directory.CreateTempSubdirectory(Prefix).FullName;
        }

        foreach (string left in Directory.GetDirectories(Memory, Prefix + "*").Where(static path => !Directory.Exists("/proc/" + Path.GetFileName(path).Split('-')[2])))
        {
            try
            {
                Directory.Delete(left, recursive: true);
            }
            catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
            {
                // Another run is at it, or it is another user's.
            }
        }

        return Directory.CreateDirectory($"{Memory}/{Prefix}{Environment.ProcessId}-{Path.GetRandomFileName()}").FullName;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // Debian keeps the server's programs out of the path. MINUTEBOOK_TEST_POSTGRES names the directory of another version's.
    private static string Tool(string name)
    {
        IEnumerable<string> places = Environment.GetEnvironmentVariable("MINUTEBOOK_TEST_POSTGRES") is { Length: > 0 } said ? [said] : Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(static path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)).Select(static path => Path.Combine(path, "bin"))
            : [];
        return places.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')).Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"There is no {name}: tests need a PostgreSQL server. On Debian: apt-get install postgresql.");
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Begin(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with {process.ExitCode}.");
        }
    }

    private static Process Begin(string program, params string[] arguments)
    {
        bool lend = IsRoot && program.Contains("/bin/", StringComparison.Ordinal);
        ProcessStartInfo start = new(lend ? "setpriv" : program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (string argument in lend ? [$"--reuid={Lent}", "--clear-groups", "--", program, .. arguments] : arguments)
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}

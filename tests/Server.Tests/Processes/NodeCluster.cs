using System.Text;
using Minutebook.Testing;
using Npgsql;

namespace Minutebook.Server.Tests.Processes;

/// <summary>Nodes on one database, each a process, all of the same keys.</summary>
internal sealed class NodeCluster : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-nodes-").FullName;
    private readonly ServingProcess?[] nodes;
    private readonly HttpClient?[] clients;
    private readonly HttpClient?[] impatient;
    private readonly Cable[] cables;
    private readonly Lock gate = new();

    public NodeCluster(int count)
    {
        Connection = Database.Connection("nodes");
        (nodes, clients, impatient) = (new ServingProcess?[count], new HttpClient?[count], new HttpClient?[count]);
        cables = [.. nodes.Select(_ => new Cable(new NpgsqlConnectionStringBuilder(Connection).Port))];
    }

    public PostgresServer Database { get; } = new();

    public string Connection { get; }

    public int Count => nodes.Length;

    public async Task StartAsync(int node)
    {
        nodes[node] = ServingProcess.StartNode(directory, new NpgsqlConnectionStringBuilder(Connection) { Port = cables[node].Port }.ConnectionString);
        (HttpClient client, HttpClient other) = (await nodes[node]!.ClientAsync(), await nodes[node]!.ClientAsync());
        other.Timeout = TimeSpan.FromSeconds(10);
        lock (gate)
        {
            (clients[node], impatient[node]) = (client, other);
        }
    }

    public HttpClient Client(int node) => clients[node]!;

    /// <summary>One of them, for who asks another when it does not answer for ten seconds.</summary>
    public HttpClient AnyClient(Random chance)
    {
        lock (gate)
        {
            HttpClient[] living = [.. impatient.OfType<HttpClient>()];
            return living[chance.Next(living.Length)];
        }
    }

    /// <summary>Ends a node without a word.</summary>
    public void Kill(int node)
    {
        nodes[node]!.Kill();
        Forget(node);
    }

    /// <summary>Ends a node in order.</summary>
    public void Stop(int node)
    {
        nodes[node]!.Signal("TERM");
        nodes[node]!.WaitForExit();
        Forget(node);
    }

    public void Pause(int node) => nodes[node]!.Signal("STOP");

    public void Resume(int node) => nodes[node]!.Signal("CONT");

    /// <summary>The way from a node to the database falls silent.</summary>
    public void Cut(int node) => cables[node].Cut();

    public void Mend(int node) => cables[node].Mend();

    /// <summary>All that is connected to the database falls silent at once; whoever connects anew reaches it.</summary>
    public void DropConnections()
    {
        foreach (Cable cable in cables)
        {
            cable.Drop();
        }
    }

    /// <summary>How it stands, for who wants to know why something did not come about.</summary>
    public async Task<string> DescribeAsync()
    {
        await using NpgsqlConnection connection = new(Connection);
        await connection.OpenAsync();
        StringBuilder all = new();
        foreach (string sql in (string[])
        [
            "SELECT h.shard, h.position AS head, p.position, o.epoch, o.node, l.pid FROM heads h JOIN owners o ON o.shard = h.shard LEFT JOIN positions p ON p.shard = h.shard "
                + "LEFT JOIN pg_locks l ON l.locktype = 'advisory' AND l.objsubid = 2 AND l.objid = h.shard ORDER BY 1",
            "SELECT node, beat, says FROM nodes",
            "SELECT pid, state, wait_event, now() - state_change AS since, left(query, 90) FROM pg_stat_activity WHERE application_name = 'minutebook'",
        ])
        {
            await using NpgsqlCommand command = new(sql, connection);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                all.AppendJoin(' ', Enumerable.Range(0, reader.FieldCount).Select(at => reader.GetValue(at))).AppendLine();
            }
        }

        for (int node = 0; node < Count; node++)
        {
            all.AppendLine($"Node {node} said: {Said(node)}");
        }

        return all.ToString();
    }

    public string Said(int node) => nodes[node]?.Said ?? "";

    public void Dispose()
    {
        foreach (ServingProcess? node in nodes)
        {
            node?.Dispose();
        }

        foreach (Cable cable in cables)
        {
            cable.Dispose();
        }

        Database.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private void Forget(int node)
    {
        lock (gate)
        {
            clients[node] = impatient[node] = null;
        }
    }
}

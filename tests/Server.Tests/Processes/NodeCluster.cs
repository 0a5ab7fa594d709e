using System.Diagnostics;
using Minutebook.Testing;

namespace Minutebook.Server.Tests.Processes;

/// <summary>Nodes on one database, each a process, all of the same keys.</summary>
internal sealed class NodeCluster : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-nodes-").FullName;
    private readonly ServingProcess?[] nodes;
    private readonly HttpClient?[] clients;
    private readonly Lock gate = new();

    public NodeCluster(int count)
    {
        Connection = Database.Connection("nodes");
        (nodes, clients) = (new ServingProcess?[count], new HttpClient?[count]);
    }

    public PostgresServer Database { get; } = new();

    public string Connection { get; }

    public int Count => nodes.Length;

    public async Task StartAsync(int node)
    {
        nodes[node] = ServingProcess.StartNode(directory, Connection);
        HttpClient client = await nodes[node]!.ClientAsync();
        client.Timeout = TimeSpan.FromSeconds(10);
        lock (gate)
        {
            clients[node] = client;
        }
    }

    public HttpClient Client(int node) => clients[node]!;

    public HttpClient AnyClient(Random chance)
    {
        lock (gate)
        {
            HttpClient[] living = [.. clients.OfType<HttpClient>()];
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

    public string Said(int node) => nodes[node]?.Said ?? "";

    public void Dispose()
    {
        foreach (ServingProcess? node in nodes)
        {
            node?.Dispose();
        }

        Database.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private void Forget(int node)
    {
        lock (gate)
        {
            clients[node] = null;
        }
    }
}

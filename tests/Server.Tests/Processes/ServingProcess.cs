using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Minutebook.Server.Tests.Processes;

/// <summary>The product as it is run: a process of its own, on a free port.</summary>
internal sealed partial class ServingProcess : IDisposable
{
    public const string Key = "key-of-the-tests";
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "minutebook.dll");
    private readonly Process process;
    private readonly StringBuilder said = new(), logged = new();
    private readonly TaskCompletionSource<Uri?> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServingProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Hear(line.Data, isOutput: true);
        process.ErrorDataReceived += (_, line) => Hear(line.Data, isOutput: false);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>All that it wrote.</summary>
    public string Said
    {
        get
        {
            lock (said)
            {
                return said.ToString();
            }
        }
    }

    /// <summary>What it wrote to standard error.</summary>
    public string Logged
    {
        get
        {
            lock (said)
            {
                return logged.ToString();
            }
        }
    }

    public bool HasExited => process.HasExited;

    /// <summary>Starts it in a sandbox; it may not be ready yet.</summary>
    public static ServingProcess Start(string directory, string now, params (string Name, string Value)[] environment) => new(Process.Start(
        Command(environment, "serve", "--data", directory, "--listen", "http://127.0.0.1:0", "--sandbox", "--now", now))!);

    /// <summary>Starts one of several on a database; it may not be ready yet.</summary>
    public static ServingProcess StartNode(string directory, string postgres) => new(Process.Start(
        Command([], "serve", "--data", directory, "--listen", "http://127.0.0.1:0", "--postgres", postgres))!);

    /// <summary>Runs a command of the product to its end, and gives its exit code and what it wrote.</summary>
    public static Task<(int Code, string Output)> RunAsync(params string[] arguments) => RunAsync(static _ => { }, arguments);

    /// <summary>The same with these variables in its environment.</summary>
    public static Task<(int Code, string Output)> RunAsync((string Name, string Value)[] environment, params string[] arguments) =>
        RunAsync(environment, static _ => { }, arguments);

    /// <summary>The same, and tells each line that it says when it says it.</summary>
    public static Task<(int Code, string Output)> RunAsync(Action<string> hear, params string[] arguments) => RunAsync([], hear, arguments);

    private static async Task<(int Code, string Output)> RunAsync((string Name, string Value)[] environment, Action<string> hear, string[] arguments)
    {
        using Process run = Process.Start(Command(environment, arguments))!;
        // A server that should have been refused serves for good.
        using var tooLong = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        using CancellationTokenRegistration killing = tooLong.Token.Register(run.Kill);
        Task<string> error = run.StandardError.ReadToEndAsync();
        StringBuilder output = new();
        while (await run.StandardOutput.ReadLineAsync() is { } line)
        {
            output.AppendLine(line);
            hear(line);
        }

        await run.WaitForExitAsync();
        return (run.ExitCode, output + await error);
    }

    /// <summary>A client for it, once it is ready.</summary>
    public async Task<HttpClient> ClientAsync()
    {
        Uri? address = await ready.Task;
        Assert.True(address is not null, $"The server ended before it was ready:\n{Said}");
        var client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return client;
    }

    /// <summary>Ends it as the power would, without a word.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Sends it a signal, by its name.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", ["-s", name, $"{process.Id}"]);
        kill.WaitForExit();
    }

    public void WaitForExit() => process.WaitForExit();

    public void Dispose()
    {
        if (!process.HasExited)
        {
            Kill();
        }

        process.Dispose();
    }

    private static ProcessStartInfo Command((string Name, string Value)[] environment, params string[] arguments)
    {
        // The tests run in the runtime that runs the product.
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo(host, [Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MINUTEBOOK_ADMIN_KEY"] = Key;
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private void Hear(string? line, bool isOutput)
    {
        if (line is null)
        {
            if (isOutput)
            {
                ready.TrySetResult(null);
            }

            return;
        }

        lock (said)
        {
            said.AppendLine(line);
            if (!isOutput)
            {
                logged.AppendLine(line);
            }
        }

        if (Ready().Match(line) is { Success: true } match)
        {
            ready.TrySetResult(new Uri(match.Groups[1].Value));
        }
    }

    [GeneratedRegex(@"ready at (http://\S+?)( \(sandbox\))?\.$")]
    private static partial Regex Ready();
}

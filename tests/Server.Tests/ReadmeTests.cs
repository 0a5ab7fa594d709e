using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Minutebook.Cli.Importing;
using Minutebook.Cli.University;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>
/// The README's session is true: its blocks marked <c>console</c> are run as one shell session against a sandboxed server on a free
/// port. A command begins with <c>$ </c>, goes on after <c>> </c>, and is followed by what it prints, where <c>…</c> stands for anything.
/// </summary>
public sealed class ReadmeTests : IDisposable
{
    private const string Address = "http://127.0.0.1:8080";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-readme-").FullName;

    private sealed record Step(string Command, string Printed);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task The_session_of_the_README_prints_what_it_says()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        List<Step> steps = StepsOf(await File.ReadAllLinesAsync(Path.Combine(Root(), "README.md")));
        Assert.NotEmpty(steps);
        string data = Path.Combine(directory, "data");
        await using RunningHost host = await Server.Host.StartAsync(
            new ServeOptions(data, "http://127.0.0.1:0", null, Sandbox: true, Instant.FromUtc(2026, 11, 2, 7, 0)));
        await PrepareAsync(data);

        List<string> printed = await RunAsync(steps, host.Address);

        for (int i = 0; i < steps.Count; i++)
        {
            Assert.True(Says(steps[i].Printed, printed[i]), $"$ {steps[i].Command}\nREADME:\n{steps[i].Printed}\nprinted:\n{printed[i]}");
        }
    }

    [Fact]
    public async Task The_demo_has_as_many_events_as_the_README_says()
    {
        Term term = new(3_000_000, seed: 1, Instant.FromUtc(2026, 11, 22, 3, 0));
        Batch batch = new();
        long events = 0;
        while (term.NextDay())
        {
            while (term.Fill(batch))
            {
                events += batch.Events;
            }
        }

        string readme = await File.ReadAllTextAsync(Path.Combine(Root(), "README.md"));
        Assert.Contains("`--now 2026-11-22T03:00:00Z`", readme, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"\n{events:N0} events went in by HTTP"), readme, StringComparison.Ordinal);
    }

    // Tests run where they were built: the documents are those beside their sources.
    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    private static List<Step> StepsOf(IEnumerable<string> lines)
    {
        List<Step> steps = [];
        bool inside = false;
        foreach (string line in lines)
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inside = line == "```console";
            }
            else if (inside && line.StartsWith("$ ", StringComparison.Ordinal))
            {
                steps.Add(new Step(line[2..], ""));
            }
            else if (inside && line.StartsWith("> ", StringComparison.Ordinal))
            {
                steps[^1] = steps[^1] with { Command = $"{steps[^1].Command}\n{line[2..]}" };
            }
            else if (inside)
            {
                steps[^1] = steps[^1] with { Printed = $"{steps[^1].Printed}{line}\n" };
            }
        }

        return steps;
    }

    /// <summary>What the session finds in its directory: the key and the command line.</summary>
    private async Task PrepareAsync(string data)
    {
        if (Environment.GetEnvironmentVariable("MINUTEBOOK_ADMIN_KEY") is { } given)
        {
            await File.WriteAllTextAsync(Path.Combine(data, "admin.key"), given);
        }

        string program = Path.Combine(AppContext.BaseDirectory, "minutebook.dll");
        string launcher = Path.Combine(directory, "minutebook");
        await File.WriteAllTextAsync(launcher, $"#!/bin/sh\nexec dotnet '{program}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(launcher, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    private async Task<List<string>> RunAsync(List<Step> steps, string address)
    {
        string mark = Guid.NewGuid().ToString("N");
        var script = new StringBuilder("exec 2>&1\n");
        foreach (Step step in steps)
        {
            script.Append(step.Command.Replace(Address, address, StringComparison.Ordinal)).Append($"\nprintf '\\n{mark}\\n'\n");
        }

        ProcessStartInfo start = new("bash", ["-c", script.ToString()]) { WorkingDirectory = directory, RedirectStandardOutput = true };
        start.Environment["MINUTEBOOK_URL"] = address;
        using Process shell = Process.Start(start)!;
        using CancellationTokenSource patience = new(Longest);
        string output = await shell.StandardOutput.ReadToEndAsync(patience.Token);
        string[] printed = output.Split($"\n{mark}\n");
        Assert.True(printed.Length == steps.Count + 1, $"The session broke off:\n{output}");
        return [.. printed];
    }

    /// <summary>Blank lines and spaces at the ends of lines are nobody's concern.</summary>
    private static bool Says(string expected, string printed) => Regex.IsMatch(
        Plain(printed), $"^{Regex.Escape(Plain(expected)).Replace("…", ".*", StringComparison.Ordinal)}$", RegexOptions.Singleline);

    private static string Plain(string text) =>
        string.Join('\n', text.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0));
}

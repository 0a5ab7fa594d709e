using System.CommandLine;
using Minutebook.Server;
using NodaTime;

namespace Minutebook.Cli;

/// <summary><c>minutebook serve</c></summary>
internal static class Serve
{
    public static Command Command()
    {
        Option<string> data = DataOption();
        Option<Uri> listen = new("--listen")
        {
            Description = "Address to listen on",
            HelpName = "URL",
            DefaultValueFactory = _ => new Uri("http://127.0.0.1:8080"),
            CustomParser = Parsing.Listen,
        };
        Option<string?> postgres = new("--postgres") { Description = "Keep everything in PostgreSQL instead of SQLite", HelpName = "CONNECTION" };
        Option<int?> shards = new("--shards")
        {
            Description = $"How many shards a new store spreads accounts over, for good ({Store.StoreOptions.UsualShards})",
            HelpName = "N",
            CustomParser = Parsing.Shards,
        };
        Option<bool> sandbox = new("--sandbox") { Description = "A clock that only moves when told, by PUT /v1/sandbox/clock" };
        Option<DateTimeOffset?> now = new("--now")
        {
            Description = "Where the sandbox's clock starts, as 2026-11-01T00:00:00Z",
            HelpName = "INSTANT",
            CustomParser = Parsing.Instant,
        };
        Command command = new("serve", "Run the server.") { data, listen, postgres, shards, sandbox, now };
        command.Validators.Add(result =>
        {
            if (result.GetResult(now) is not null && !result.GetValue(sandbox))
            {
                result.AddError("--now sets a sandbox's clock and needs --sandbox.");
            }
        });
        command.SetAction((parsed, stop) => RunAsync(
            Options(parsed.GetValue(data)!, parsed.GetValue(listen)!, parsed.GetValue(postgres), parsed.GetValue(sandbox), parsed.GetValue(now)) with
            {
                Shards = parsed.GetValue(shards),
            },
            isQuiet: false, stop));
        return command;
    }

    private static ServeOptions Options(string data, Uri listen, string? postgres, bool sandbox, DateTimeOffset? now) =>
        new(data, Address(listen), postgres, sandbox, now is { } at ? Instant.FromDateTimeOffset(at) : null);

    /// <summary>An address as the server takes it.</summary>
    public static string Address(Uri listen) => listen.ToString().TrimEnd('/');

    public static Option<string> DataOption() => new("--data")
    {
        Description = "Directory of the journal, the tables and admin.key",
        HelpName = "DIR",
        DefaultValueFactory = _ => "data",
        Validators = { Parsing.Directory },
    };

    /// <summary>
    /// Runs the server until <paramref name="stop"/>, then shuts it down in order. The demo calls it too, waits for
    /// <c>/health/ready</c>, and takes the key from <c>MINUTEBOOK_ADMIN_KEY</c> or <c>admin.key</c>.
    /// </summary>
    /// <param name="options">How to serve.</param>
    /// <param name="isQuiet">The terminal belongs to someone else.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<int> RunAsync(ServeOptions options, bool isQuiet, CancellationToken stop)
    {
        try
        {
            await using RunningHost host = await Host.StartAsync(options, stop);
            if (!isQuiet)
            {
                Say(host, options);
            }

            _ = host.WarmUp();

            await Task.Delay(Timeout.Infinite, stop).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
        catch (Store.StoreException wrong)
        {
            throw new Failure(ExitCode.Failed, wrong.Message);
        }
        catch (StartFailedException wrong)
        {
            throw new Failure(wrong.IsSetting ? ExitCode.Usage : ExitCode.Failed, wrong.Message);
        }

        return ExitCode.Ok;
    }

    private static void Say(RunningHost host, ServeOptions options)
    {
        if (host.NewKeyFile is { } file)
        {
            Console.WriteLine($"The administrator's key was made and written to {file}.");
        }

        Console.WriteLine($"Minutebook is ready at {host.Address}{(options.Sandbox ? " (sandbox)" : "")}.");
    }
}

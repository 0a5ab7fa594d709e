using System.CommandLine;

namespace Minutebook.Cli;

/// <summary>How to run the server.</summary>
/// <param name="Data">Directory of the journal, the tables and <c>admin.key</c>; made when missing.</param>
/// <param name="Listen">Address to listen on.</param>
/// <param name="Postgres">Connection string, or null for SQLite inside <paramref name="Data"/>.</param>
/// <param name="Sandbox">Whether the clock moves only when told.</param>
/// <param name="Now">Where a sandbox's clock starts; null is the real now.</param>
/// <param name="Quiet">Log warnings and worse only: the terminal belongs to someone else.</param>
/// <param name="Shards">How many shards a new store gets, and one that is there must have; null for any.</param>
internal sealed record ServeOptions(string Data, Uri Listen, string? Postgres, bool Sandbox, DateTimeOffset? Now, bool Quiet = false, int? Shards = null);

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
            CustomParser = Parsing.Address,
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
            new ServeOptions(
                parsed.GetValue(data)!, parsed.GetValue(listen)!, parsed.GetValue(postgres), parsed.GetValue(sandbox), parsed.GetValue(now),
                Shards: parsed.GetValue(shards)),
            stop));
        return command;
    }

    public static Option<string> DataOption() => new("--data")
    {
        Description = "Directory of the journal, the tables and admin.key",
        HelpName = "DIR",
        DefaultValueFactory = _ => "data",
    };

    /// <summary>
    /// Runs the server until <paramref name="stop"/>, then shuts it down in order. The demo calls it too, waits for
    /// <c>/health/ready</c>, and takes the key from <c>MINUTEBOOK_ADMIN_KEY</c> or <c>admin.key</c>.
    /// </summary>
    public static async Task<int> RunAsync(ServeOptions options, CancellationToken stop)
    {
        Server.ServeOptions its = new(
            options.Data, options.Listen.ToString().TrimEnd('/'), options.Postgres, options.Sandbox,
            options.Now is { } now ? NodaTime.Instant.FromDateTimeOffset(now) : null)
        {
            Shards = options.Shards,
        };
        try
        {
            await using Server.RunningHost host = await Server.Host.StartAsync(its, stop);
            if (!options.Quiet)
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
        catch (IOException wrong)
        {
            throw new Failure(ExitCode.Failed, $"The server cannot listen on {options.Listen}: {wrong.Message}");
        }

        return ExitCode.Ok;
    }

    private static void Say(Server.RunningHost host, ServeOptions options)
    {
        if (host.NewKeyFile is { } file)
        {
            Console.WriteLine($"The administrator's key was made and written to {file}.");
        }

        Console.WriteLine($"Minutebook is ready at {host.Address}{(options.Sandbox ? " (sandbox)" : "")}.");
    }
}

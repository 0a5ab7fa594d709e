using System.CommandLine;
using System.Text.Json;
using Minutebook.Engine;

namespace Minutebook.Cli;

/// <summary><c>minutebook move</c> and <c>minutebook schema</c>: from SQLite to PostgreSQL, and on.</summary>
internal static class Moving
{
    private const int MostAgain = 5;
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(1);

    public static Command Move()
    {
        Option<string> data = Serve.DataOption();
        Option<string> postgres = new("--postgres") { Description = "Where to", HelpName = "CONNECTION", Required = true };
        Option<bool> json = new("--json") { Description = "For programs" };
        Command command = new("move", "Move a store from SQLite to PostgreSQL, while its server goes on but for seconds.") { data, postgres, json };
        command.SetAction((parsed, stop) => Task.Run(() => Run(parsed.GetValue(data)!, parsed.GetValue(postgres)!, parsed.GetValue(json), stop), stop));
        return command;
    }

    public static Command Schema()
    {
        Option<bool> citus = new("--citus") { Description = "The statements by which Citus spreads the tables over its workers" };
        Command command = new("schema", "Print statements for a database's administrator.") { citus };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(citus))
            {
                result.AddError("Say which statements: --citus.");
            }
        });
        command.SetAction(_ =>
        {
            Console.WriteLine("-- Run by the database's owner, once a server has made the tables, and while none runs. The Search Path is the server's.");
            foreach (string statement in Store.Store.CitusStatements)
            {
                Console.WriteLine(statement);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static int Run(string data, string postgres, bool json, CancellationToken stop)
    {
        try
        {
            for (int again = 0; ; again++)
            {
                if (Attempt(data, postgres, json, again, stop) is { } report)
                {
                    return Report(report, json);
                }
            }
        }
        catch (Exception wrong) when (wrong is Store.StoreException or FormatException)
        {
            throw new Failure(ExitCode.Failed, wrong.Message);
        }
    }

    /// <summary>Moves what is not there yet; null when the database has ended the session, as it does with one that stands still for seconds.</summary>
    private static MoveReport? Attempt(string data, string postgres, bool json, int again, CancellationToken stop)
    {
        Move? move = null;
        try
        {
            using (move = new Move(data, postgres))
            {
                return Finish(move, data, json, stop);
            }
        }
        catch (Store.StoreException gone) when (again < MostAgain && (gone is Store.StoreUnreachableException or Store.ShardLostException) && (move is null ? again > 0 : !move.IsWhole))
        {
            Console.Error.WriteLine($"{gone.Message} It goes on from where it is.");
            stop.WaitHandle.WaitOne(AgainAfter);
            return null;
        }
    }

    private static MoveReport Finish(Move move, string data, bool json, CancellationToken stop)
    {
        move.CatchUp(
            groups =>
            {
                if (!json)
                {
                    Console.WriteLine($"{Quantity.Whole(groups)} groups are there.");
                }
            },
            stop);
        if (!json)
        {
            Console.WriteLine($"All but the newest is there. A server with --postgres and --data {data}, where its keys are, may be started now: it waits for this, on another port.");
            Console.WriteLine("Stop the old server, if one runs; this goes on by itself.");
        }

        return move.Finish(
            taken =>
            {
                if (!json)
                {
                    Console.WriteLine($"Everything is there, {taken.TotalSeconds:0.0} seconds after the server had stopped: a server with --postgres takes it on. It is compared meanwhile.");
                }
            },
            stop);
    }

    private static int Report(MoveReport report, bool json)
    {
        bool same = report.Differences.Count == 0;
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { same, groups = report.Groups, seconds = report.Downtime.TotalSeconds, differences = report.Differences }));
        }
        else if (same)
        {
            Console.WriteLine("Moved: what the journal folds to there is what was here, row by row. Keep the files until you are content.");
        }
        else
        {
            Console.WriteLine($"Shards {string.Join(", ", report.Differences)} differ: tables, not the journal, which is whole in both. Keep the files, and report this.");
        }

        return same ? ExitCode.Ok : ExitCode.Failed;
    }
}

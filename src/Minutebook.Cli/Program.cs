using System.CommandLine;
using System.CommandLine.Invocation;
using Minutebook.Cli;

RootCommand root = new("Minutebook: metering, pricing and billing of real-time classrooms.")
{
    Serve.Command(), Demo.Command(), Import.Command(), Usage.Command(), Bill.Command(), Rates.Command(), StandingCommand.Command(), PackageCommand.Command(), Wallet.TopUp(), Wallet.Ledger(), Explain.Command(), Verify.Command(),
    Journal.Command(), Replay.Command(), Moving.Move(), Moving.Schema(), AuditCommand.Command(), EraseCommand.Command(), Bench.Command(),
};

Help.AddTo(root);

ParseResult parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction)
{
    foreach (string wrong in parsed.Errors.Select(error => error.Message).Distinct())
    {
        Console.Error.WriteLine(wrong);
    }

    string path = string.Join(' ', Lineage(parsed.CommandResult.Command).Reverse());
    Console.Error.WriteLine($"See '{path} --help'.");
    return ExitCode.Usage;
}

try
{
    // A server that is told to stop writes out what it holds first.
    InvocationConfiguration running = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) };
    return await parsed.InvokeAsync(running);
}
catch (Failure failure)
{
    Console.Error.WriteLine(failure.Message);
    return failure.Code;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Interrupted.");
    return ExitCode.Interrupted;
}
catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(trouble.Message);
    return ExitCode.Failed;
}

static IEnumerable<string> Lineage(Command command)
{
    for (Symbol? at = command; at is not null; at = at.Parents.FirstOrDefault())
    {
        yield return at is RootCommand ? "minutebook" : at.Name;
    }
}

namespace Minutebook.Cli;

/// <summary>What the process ends with; the same table stands in <c>--help</c> and in docs/guide/command-line.md.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int Unreachable = 3;
    public const int Refused = 4;
    public const int Interrupted = 130;

    public const string Table = """
        Exit codes:
          0    done
          1    failed, or a verification found a difference
          2    the command line, or a setting of the server, is wrong
          3    the server cannot be reached
          4    the server refused
          130  interrupted
        """;
}

/// <summary>Ends the command: what happened, to what, and what to do next, in a sentence or two for a person.</summary>
internal sealed class Failure(int code, string message, Exception? cause = null) : Exception(message, cause)
{
    public int Code { get; } = code;
}

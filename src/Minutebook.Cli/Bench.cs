using System.CommandLine;

namespace Minutebook.Cli;

internal static class Bench
{
    public static Command Command() => new("bench", "");
}

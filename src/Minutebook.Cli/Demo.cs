using System.CommandLine;

namespace Minutebook.Cli;

internal static class Demo
{
    public static Command Command() => new("demo", "");
}

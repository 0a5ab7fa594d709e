using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Minutebook.Cli;

/// <summary>The usual help, and what the exit codes mean.</summary>
internal sealed class Help(HelpAction usual) : SynchronousCommandLineAction
{
    public static void AddTo(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new Help((HelpAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        int result = usual.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(ExitCode.Table);
        return result;
    }
}

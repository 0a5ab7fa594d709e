using System.Text.Json;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary>Where a person reads: colours and the window's width on a terminal, plain text without escape codes elsewhere.</summary>
internal static class Terminal
{
    private const int PlainWidth = 140;

    /// <summary>Results go here.</summary>
    public static IAnsiConsole Out { get; } = Open(Console.Out, Console.IsOutputRedirected);

    /// <summary>Progress and remarks go here, so that results can be piped.</summary>
    public static IAnsiConsole Error { get; } = Open(Console.Error, Console.IsErrorRedirected);

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void WriteJson(JsonElement json) => Console.Out.WriteLine(JsonSerializer.Serialize(json, Indented));

    public static Table Table() => new() { Border = TableBorder.Simple };

    /// <summary>A heading above a table.</summary>
    public static void Heading(IAnsiConsole console, string text)
    {
        console.WriteLine();
        console.MarkupLineInterpolated($"[bold]{text}[/]");
    }

    /// <summary>A console for tests and for output that is not a terminal.</summary>
    public static IAnsiConsole Open(TextWriter writer, bool plain)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(plain ? new PlainWriter(writer) : writer),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = plain ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (plain)
        {
            console.Profile.Width = PlainWidth;
            console.Profile.Capabilities.Unicode = true;
        }

        return console;
    }
}

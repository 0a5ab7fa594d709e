using System.CommandLine;

namespace Minutebook.Cli;

/// <summary>The options that say which server to talk to, and as whom.</summary>
internal sealed class Connection
{
    private readonly Option<Uri> url = new("--url")
    {
        Description = "The server (or MINUTEBOOK_URL)",
        HelpName = "URL",
        DefaultValueFactory = result => Parsing.Address(result, Environment.GetEnvironmentVariable("MINUTEBOOK_URL") ?? "http://127.0.0.1:8080")!,
        CustomParser = Parsing.Address,
    };

    private readonly Option<string?> key = new("--key")
    {
        Description = "The key to use (or MINUTEBOOK_KEY, MINUTEBOOK_ADMIN_KEY, or admin.key in --data)",
        HelpName = "KEY",
    };

    private readonly Option<string> data = new("--data")
    {
        Description = "Where a server on this machine keeps its admin.key",
        HelpName = "DIR",
        DefaultValueFactory = _ => "data",
    };

    public Command AddTo(Command command)
    {
        command.Options.Add(url);
        command.Options.Add(key);
        command.Options.Add(data);
        return command;
    }

    public Client Open(ParseResult parsed) => new(parsed.GetValue(url)!, KeyOf(parsed.GetValue(key), parsed.GetValue(data)!));

    private static string KeyOf(string? given, string data) =>
        given ?? Environment.GetEnvironmentVariable("MINUTEBOOK_KEY") ?? AdminKey(data)
        ?? throw new Failure(ExitCode.Usage, "There is no key to send: give --key, set MINUTEBOOK_KEY, or name the directory of the server's admin.key with --data.");

    /// <summary>The administrator's key of a server whose data is in that directory, or null.</summary>
    public static string? AdminKey(string data)
    {
        if (Environment.GetEnvironmentVariable("MINUTEBOOK_ADMIN_KEY") is { Length: > 0 } set)
        {
            return set;
        }

        string file = Path.Combine(data, "admin.key");
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }
}

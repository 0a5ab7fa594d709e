using System.CommandLine.Parsing;
using System.Globalization;

namespace Minutebook.Cli;

/// <summary>Reads what people type; what cannot be read is an error of the command line.</summary>
internal static class Parsing
{
    /// <summary>The address of a server.</summary>
    public static Uri? Address(ArgumentResult result) => Address(result, result.Tokens[0].Value);

    public static Uri? Address(ArgumentResult result, string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https")
        {
            return address;
        }

        result.AddError($"'{text}' is not the address of a server; write it as http://127.0.0.1:8080.");
        return null;
    }

    /// <summary>The address that a server listens on.</summary>
    public static Uri? Listen(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
            && address is { Scheme: "http", UserInfo: "", PathAndQuery: "/", Fragment: "" })
        {
            // localhost is two addresses, which would get a free port each.
            if (address is not { Host: "localhost", Port: 0 })
            {
                return address;
            }

            result.AddError("--listen takes port 0 with an address alone; write it as http://127.0.0.1:0.");
            return null;
        }

        result.AddError(
            $"'{text}' is not an address to listen on; write it as http://127.0.0.1:8080, without a path. For HTTPS put a proxy with TLS before it.");
        return null;
    }

    /// <summary>Refuses the empty name of a directory, as a variable that is not set makes it.</summary>
    public static void Directory(OptionResult result)
    {
        if (result.Tokens is [{ Value: "" }])
        {
            result.AddError($"{result.Option.Name} takes the name of a directory, and this one is empty.");
        }
    }

    /// <summary>An instant; one without an offset is UTC.</summary>
    public static DateTimeOffset? Instant(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset instant))
        {
            return instant;
        }

        result.AddError($"'{text}' is not an instant; write it as 2026-11-01T00:00:00Z.");
        return null;
    }

    /// <summary>A number of shards.</summary>
    public static int? Shards(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int shards) && shards is >= 1 and <= Store.StoreOptions.MostShards)
        {
            return shards;
        }

        result.AddError($"--shards takes a number from 1 to {Store.StoreOptions.MostShards}.");
        return null;
    }
}

using System.CommandLine;
using System.Text.Json;
using Minutebook.Core.Rating;
using NodaTime.Text;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary><c>minutebook rates check|diff|publish FILE</c>: rate cards as files that one can keep in git.</summary>
internal static class Rates
{
    public static Command Command() =>
        new("rates", "Check rate cards in files, compare them with what is published, and publish them.") { Check(), Diff(), Publish() };

    private static Argument<FileInfo[]> Files() => new("file")
    {
        Description = "A version of a card as JSON, with 'card' and 'effectiveFrom' in it",
        HelpName = "FILE",
        Arity = ArgumentArity.OneOrMore,
    };

    private static Command Check()
    {
        Argument<FileInfo[]> files = Files();
        Command command = new("check", "Say what is wrong with cards, and where. No server is needed.") { files };
        command.SetAction(parsed =>
        {
            foreach (RateCard card in parsed.GetValue(files)!.Select(Read).ToList())
            {
                Terminal.Out.WriteLine($"{Named(card)}: {card.Rates.Count} rates, {card.Packages.Count} packages, in {card.Currency.Code}. Nothing is wrong with it.");
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Diff()
    {
        Argument<FileInfo[]> files = Files();
        Connection connection = new();
        Command command = new("diff", "Compare cards with what is published: with that version, or else the one in force on its first day.") { files };
        command.SetAction(async (parsed, stop) =>
        {
            using Client client = connection.Open(parsed);
            bool same = true;
            foreach (RateCard card in parsed.GetValue(files)!.Select(Read).ToList())
            {
                same &= await CompareAsync(client, card, stop);
            }

            return same ? ExitCode.Ok : ExitCode.Failed;
        });
        return connection.AddTo(command);
    }

    private static Command Publish()
    {
        Argument<FileInfo[]> files = Files();
        Connection connection = new();
        Command command = new("publish", "Publish cards. What is published already, with the same content, stays as it is.") { files };
        command.SetAction(async (parsed, stop) =>
        {
            using Client client = connection.Open(parsed);
            foreach (RateCard card in parsed.GetValue(files)!.Select(Read).ToList())
            {
                string path = $"/v1/rate-cards/{Uri.EscapeDataString(card.Version.Card)}/versions/{Date(card)}";
                (await client.SendJsonAsync(HttpMethod.Put, path, RateCardJson.ToJson(card), stop))?.Dispose();
                Terminal.Out.WriteLine($"{Named(card)} is published.");
            }

            return ExitCode.Ok;
        });
        return connection.AddTo(command);
    }

    private static string Named(RateCard card) => $"{card.Version.Card} from {Date(card)}";

    private static string Date(RateCard card) => LocalDatePattern.Iso.Format(card.Version.EffectiveFrom);

    /// <summary>The card in a file.</summary>
    /// <exception cref="Failure">There is none, or something is wrong with it: all of it is said.</exception>
    private static RateCard Read(FileInfo file)
    {
        byte[] json = File.ReadAllBytes(file.FullName);
        CardReading reading = RateCardJson.Read(NameIn(file, json), json);
        return reading.Card ?? throw new Failure(
            ExitCode.Failed, string.Join(Environment.NewLine, reading.Faults.Select(fault => $"{file}: {(fault.Pointer.Length > 0 ? fault.Pointer : "/")}: {fault.Detail}")));
    }

    private static RateCardVersion NameIn(FileInfo file, byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object && Text(document, "card") is { } card
                && Text(document, "effectiveFrom") is { } date && LocalDatePattern.Iso.Parse(date) is { Success: true } from)
            {
                return new RateCardVersion(card, from.Value);
            }
        }
        catch (JsonException wrong)
        {
            throw new Failure(ExitCode.Failed, $"{file}: this is not JSON: {wrong.Message}", wrong);
        }

        throw new Failure(ExitCode.Failed, $"{file}: say which version it is: \"card\": \"school\", \"effectiveFrom\": \"2027-01-01\".");
    }

    private static string? Text(JsonDocument document, string name) =>
        document.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static async Task<bool> CompareAsync(Client client, RateCard card, CancellationToken stop)
    {
        using JsonDocument? published = await client.FindAsync($"/v1/rate-cards/{Uri.EscapeDataString(card.Version.Card)}", stop);
        JsonElement? before = published?.RootElement.GetProperty("versions").EnumerateArray()
            .Where(version => string.CompareOrdinal(version.GetProperty("effectiveFrom").GetString(), Date(card)) <= 0).Select(version => (JsonElement?)version).LastOrDefault();
        if (before is not { } known)
        {
            Terminal.Out.WriteLine($"{Named(card)}: no published version is in force then.");
            return false;
        }

        using var now = JsonDocument.Parse(RateCardJson.ToJson(card));
        List<string> differences = [.. CardDifferences.Of(known, now.RootElement)];
        string against = $"the version from {known.GetProperty("effectiveFrom").GetString()}";
        Terminal.Out.WriteLine(differences.Count == 0 ? $"{Named(card)}: the same as {against}." : $"{Named(card)}, compared with {against}:");
        differences.ForEach(Terminal.Out.WriteLine);
        return differences.Count == 0;
    }
}

/// <summary>What differs between two versions of a card, in canonical JSON, rate by rate and package by package.</summary>
internal static class CardDifferences
{
    public static IEnumerable<string> Of(JsonElement before, JsonElement after) =>
        [.. Fields("", before, after, "card", "effectiveFrom", "rates", "packages"), .. Items("rate", "rates", "id", before, after), .. Items("package", "packages", "sku", before, after)];

    private static IEnumerable<string> Items(string what, string list, string key, JsonElement before, JsonElement after)
    {
        List<JsonElement> old = [.. before.GetProperty(list).EnumerateArray()];
        List<JsonElement> young = [.. after.GetProperty(list).EnumerateArray()];
        string? KeyOf(JsonElement item) => item.GetProperty(key).GetString();
        foreach (JsonElement gone in old.Where(item => !young.Exists(other => KeyOf(other) == KeyOf(item))))
        {
            yield return $"- {what} {KeyOf(gone)}";
        }

        foreach (JsonElement item in young)
        {
            int place = old.FindIndex(other => KeyOf(other) == KeyOf(item));
            foreach (string line in place < 0 ? [$"+ {what} {KeyOf(item)}"] : Fields($"{what} {KeyOf(item)}: ", old[place], item, key))
            {
                yield return line;
            }
        }

        List<string?> kept = [.. old.Select(KeyOf).Where(id => young.Exists(item => KeyOf(item) == id))];
        if (!kept.SequenceEqual(young.Select(KeyOf).Where(kept.Contains)))
        {
            yield return $"~ {list}: another order";
        }
    }

    private static IEnumerable<string> Fields(string of, JsonElement before, JsonElement after, params string[] without)
    {
        IEnumerable<string> names = before.EnumerateObject().Concat(after.EnumerateObject()).Select(property => property.Name).Distinct().Except(without);
        foreach (string name in names)
        {
            (string was, string @is) = (Text(before, name), Text(after, name));
            if (was != @is)
            {
                yield return $"~ {of}{name} {was} → {@is}";
            }
        }
    }

    private static string Text(JsonElement of, string name) => of.TryGetProperty(name, out JsonElement value) ? JsonSerializer.Serialize(value) : "none";
}

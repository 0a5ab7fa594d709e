using System.Text.RegularExpressions;
using Xunit;

namespace Minutebook.Core.Tests.Tidy;

/// <summary>README and guides lead somewhere, on every machine.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Links_between_documents_lead_to_files_and_headings_that_are_there() => Checkout.None(
        from document in Checkout.Documents
        let text = Code().Replace(File.ReadAllText(document), " ")
        from link in Link().Matches(text)
        let target = link.Groups["target"].Value
        where !Scheme().IsMatch(target) && !Leads(document, target)
        select $"{Checkout.Relative(document)}: {target}");

    [Fact]
    public void Nothing_names_a_place_on_somebodys_machine() => Checkout.None(
        from pattern in new[] { "*.md", "*.cs", "*.csproj", "*.props", "*.json", "*.sh", "*.yml" }
        from path in Checkout.Files(pattern)
        from place in Machine().Matches(File.ReadAllText(path))
        select $"{Checkout.Relative(path)}: {place.Value}");

    /// <summary>A guide's worked example is a test of that name, so that what the guide says is run.</summary>
    [Fact]
    public void Examples_that_guides_name_are_tests()
    {
        string[] sources = [.. Checkout.Files("*.cs").Where(path => path.Contains("Tests", StringComparison.Ordinal))];
        Dictionary<string, string> classes = sources.Select(path => (Name: Path.GetFileNameWithoutExtension(path), Path: path))
            .GroupBy(file => file.Name).ToDictionary(same => same.Key, same => string.Concat(same.Select(file => File.ReadAllText(file.Path))));
        (string Document, string Class, string Method)[] named =
        [
            .. from document in Checkout.Documents
               from example in Example().Matches(File.ReadAllText(document))
               select (Checkout.Relative(document), example.Groups[1].Value, example.Groups[2].Value),
        ];

        Assert.True(named.Length > 30, "Guides name their examples.");
        Checkout.None(named.Where(one => !classes.TryGetValue(one.Class, out string? source) || !source.Contains($" {one.Method}", StringComparison.Ordinal))
            .Select(one => $"{one.Document}: {one.Class}.{one.Method}"));
    }

    private static bool Leads(string document, string target)
    {
        string[] parts = target.Split('#', 2);
        string path = parts[0].Length == 0 ? document : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document)!, Uri.UnescapeDataString(parts[0])));
        if (!path.StartsWith(Checkout.Root, StringComparison.Ordinal) || (!File.Exists(path) && !Directory.Exists(path)))
        {
            return false;
        }

        return parts.Length == 1 || !path.EndsWith(".md", StringComparison.Ordinal) || Anchors(path).Contains(parts[1]);
    }

    private static IEnumerable<string> Anchors(string path) => Heading().Matches(Fence().Replace(File.ReadAllText(path), " "))
        .Select(heading => NotInAnchor().Replace(heading.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"!?\[[^\]]*\]\(\s*<?(?<target>[^)\s>]+)>?(\s+""[^""]*"")?\s*\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`([A-Z]\w*(?:Tests|Examples|Laws|Reference|Speed))\.(\w+)…?`")]
    private static partial Regex Example();

    [GeneratedRegex(@"^(```|~~~).*?^(```|~~~)|`[^`\n]+`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"^(```|~~~).*?^(```|~~~)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^[a-z][a-z0-9+.-]*:", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^#{1,6}\s+(.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"(?<![\w.~/$}])/(home|root|work|Users|mnt)/\w[\w/.-]*|\b[A-Z]:\\\w+")]
    private static partial Regex Machine();
}

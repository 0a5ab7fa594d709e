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

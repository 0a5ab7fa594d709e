using System.Text.RegularExpressions;
using Xunit;

namespace Minutebook.Core.Tests.Tidy;

/// <summary>What the compiler does not hold and a reader should be able to count on.</summary>
public sealed partial class SourceTests
{
    /// <summary>Names that say what a type serves, and not what it is.</summary>
    private static readonly string[] EmptyNames =
        ["Manager", "Helper", "Util", "Utils", "Service", "Handler", "Impl", "Repository", "Processor", "Info", "Data"];

    [Fact]
    public void Sources_and_documents_are_found()
    {
        Assert.True(Checkout.Sources.Count(file => file.IsProduct) > 100);
        Assert.Contains(Checkout.Documents, path => Checkout.Relative(path) == "tests/cases/README.md");
    }

    [Fact]
    public void Nothing_is_caught_and_swallowed() => Checkout.None(
        from file in Checkout.Sources
        from caught in CatchAll().Matches(file.Code)
        let block = file.BlockAt(caught.Index)
        let isPassedOn = caught.Groups["name"] is { Length: > 0 } name && Regex.IsMatch(block, $@"\b{name.Value}\b")
        where !isPassedOn && !block.Contains("throw;", StringComparison.Ordinal)
        select $"{file.Name}: catch {block}");

    [Fact]
    public void What_is_left_to_do_has_an_issue_with_a_number() => Checkout.None(
        from file in Checkout.Sources
        from comment in Unnumbered().Matches(file.Text)
        select $"{file.Name}: {comment.Value}");

    /// <summary>All but the locks, which NuGet writes as it likes.</summary>
    [Fact]
    public void A_text_ends_with_the_end_of_a_line() => Checkout.None(
        from path in Checkout.Files("*")
        where !path.EndsWith("packages.lock.json", StringComparison.Ordinal)
        let text = File.ReadAllBytes(path)
        where text is [.., not (byte)'\n'] && !text.Contains((byte)0)
        select Checkout.Relative(path));

    [Fact]
    public void No_region_hides_code() =>
        Checkout.None(Checkout.Sources.Where(file => Region().IsMatch(file.Code)).Select(file => file.Name));

    [Fact]
    public void Types_are_named_for_what_they_are() => Checkout.None(
        from declared in Declarations()
        where EmptyNames.Any(end => declared.Name.EndsWith(end, StringComparison.Ordinal))
        select declared.ToString());

    [Fact]
    public void A_class_is_sealed_abstract_or_static_unless_another_derives_from_it() => Checkout.None(
        from declared in Declarations()
        where declared.Kind is "class" or "record" or "record class"
        // BenchmarkDotNet derives from the classes that it measures.
        where !declared.ToString().StartsWith("bench/", StringComparison.Ordinal)
        where !declared.Modifiers.Split(' ').Any(modifier => modifier is "sealed" or "abstract" or "static" or "file")
        where !Declarations().Any(other => other.Bases.Contains(declared.Name))
        where !Declarations().Any(other => other.Name == declared.Name && other.Modifiers.Contains("sealed", StringComparison.Ordinal))
        select declared.ToString());

    private sealed record Declared(string File, string Modifiers, string Kind, string Name, IReadOnlyList<string> Bases)
    {
        public override string ToString() => $"{File}: {Modifiers} {Kind} {Name}";
    }

    private static IReadOnlyList<Declared> Declarations() => declarations ??=
    [
        .. from file in Checkout.Sources
           from found in TypeDeclaration().Matches(file.Code)
           select new Declared(
               file.Name, found.Groups["modifiers"].Value.Trim(), found.Groups["kind"].Value, found.Groups["name"].Value,
               [.. Word().Matches(found.Groups["bases"].Value).Select(word => word.Value)]),
    ];

    private static IReadOnlyList<Declared>? declarations;

    [GeneratedRegex(@"\bcatch\s*(\(\s*(System\.)?Exception\b\s*(?<name>\w+)?\s*\)\s*)?(?=\{)")]
    private static partial Regex CatchAll();

    [GeneratedRegex(@"//.*\b(T[O]DO|F[I]XME|H[A]CK|X[X]X)\b(?!\(?\s?#\d+)")]
    private static partial Regex Unnumbered();

    [GeneratedRegex(@"^\s*#region", RegexOptions.Multiline)]
    private static partial Regex Region();

    [GeneratedRegex(
        @"^[ \t]*(?<modifiers>((public|internal|private|protected|sealed|static|abstract|partial|readonly|ref|file|unsafe)\s+)*)"
        + @"(?<kind>class|record struct|record class|record|struct|interface|enum)\s+(?<name>[A-Z]\w*)"
        + @"(?<bases>[^{;]*)",
        RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}

using System.Text.RegularExpressions;
using Xunit;

namespace Minutebook.Core.Tests.Tidy;

/// <summary>The files that these tests were built from.</summary>
internal static partial class Checkout
{
    public static string Root { get; } = Find();

    /// <summary>C# sources, without what is generated.</summary>
    public static IReadOnlyList<SourceFile> Sources { get; } = [.. Files("*.cs").Select(SourceFile.Read)];

    public static IEnumerable<string> Documents => Files("*.md");

    /// <summary>Files below the root by what their names match, without build output and tools' directories.</summary>
    public static IEnumerable<string> Files(string pattern) =>
        Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories)
            .Where(path => !NotOurs().IsMatch(Relative(path)))
            .Order(StringComparer.Ordinal);

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Fails with all that was found.</summary>
    public static void None(IEnumerable<string> found)
    {
        string[] all = [.. found];
        Assert.True(all.Length == 0, string.Join('\n', all));
    }

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Minutebook.slnx")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No directory above {AppContext.BaseDirectory} has Minutebook.slnx.");
    }

    [GeneratedRegex(@"(^|/)(artifacts|bin|obj|data|node_modules|TestResults|\.git)/")]
    private static partial Regex NotOurs();
}

/// <summary>A source file, and its text without what stands in comments and literals.</summary>
internal sealed partial record SourceFile(string Name, string Text, string Code)
{
    public static SourceFile Read(string path)
    {
        string text = File.ReadAllText(path);
        return new SourceFile(Checkout.Relative(path), text, CommentOrLiteral().Replace(text, " "));
    }

    /// <summary>Whether it belongs to the product itself.</summary>
    public bool IsProduct => Name.StartsWith("src/", StringComparison.Ordinal);

    /// <summary>What a brace at or after an index opens, up to the brace that closes it.</summary>
    public string BlockAt(int index)
    {
        int start = Code.IndexOf('{', index);
        int depth = 0;
        for (int at = start; at < Code.Length; at++)
        {
            depth += Code[at] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return Code[start..(at + 1)];
            }
        }

        return Code[start..];
    }

    [GeneratedRegex("//[^\n]*|/\\*.*?\\*/|\\$*\"\"\"+.*?\"\"\"+|\\$?@\\$?\"(\"\"|[^\"])*\"|\\$?\"(\\\\.|[^\"\\\\\n])*\"|'(\\\\.[^']*|[^'\\\\])'", RegexOptions.Singleline)]
    private static partial Regex CommentOrLiteral();
}

using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Minutebook.Core.Tests.Tidy;

/// <summary>Who may know whom: between projects, and between the slices of Core.</summary>
public sealed partial class ArrowTests
{
    /// <summary>What each project may use, directly or by way of another.</summary>
    private static readonly Dictionary<string, string[]> Projects = new()
    {
        ["Minutebook.Core"] = [],
        ["Minutebook.Connectors"] = ["Minutebook.Core"],
        ["Minutebook.Store"] = ["Minutebook.Core"],
        ["Minutebook.Engine"] = ["Minutebook.Core", "Minutebook.Store"],
        ["Minutebook.Server"] = ["Minutebook.Connectors", "Minutebook.Core", "Minutebook.Engine", "Minutebook.Store"],
        ["Minutebook.Cli"] = ["Minutebook.Connectors", "Minutebook.Core", "Minutebook.Engine", "Minutebook.Server", "Minutebook.Store"],
    };

    /// <summary>Each may use those before it. Core's own namespace comes last: the book, where the slices meet.</summary>
    private static readonly string[] Slices =
    [
        "Minutebook.Core.Units", "Minutebook.Core.Events", "Minutebook.Core.Metering", "Minutebook.Core.Rating", "Minutebook.Core.Billing",
        "Minutebook.Core.Accounts", "Minutebook.Core",
    ];

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    [Fact]
    public void Projects_use_what_is_below_them_and_nothing_else()
    {
        string[] found = [.. Checkout.Files("*.csproj").Where(path => Checkout.Relative(path).StartsWith("src/", StringComparison.Ordinal))];

        Assert.Equal(Projects.Keys.Order(), found.Select(Path.GetFileNameWithoutExtension).Order());
        foreach (string project in found)
        {
            Assert.Empty(References(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension)
                .Except(Projects[Path.GetFileNameWithoutExtension(project)]));
        }
    }

    [Fact]
    public void Core_knows_NodaTime_and_no_other_package() => Assert.Equal(
        ["Microsoft.CodeAnalysis.BannedApiAnalyzers", "NodaTime"],
        References(Path.Combine(Checkout.Root, "src/Minutebook.Core/Minutebook.Core.csproj"), "PackageReference").Order());

    [Fact]
    public void The_reference_shares_nothing_with_the_product() =>
        Assert.Empty(References(Path.Combine(Checkout.Root, "tests/Reference/Minutebook.Reference.csproj"), "ProjectReference"));

    [Fact]
    public void Slices_of_Core_name_only_slices_before_them() => Checkout.None(
        from file in Checkout.Sources
        where file.Name.StartsWith("src/Minutebook.Core/", StringComparison.Ordinal)
        let own = Rank(Namespace().Match(file.Code).Groups[1].Value)
        from used in Using().Matches(file.Code)
        where Rank(used.Groups[1].Value) > own
        select $"{file.Name}: {used.Value}");

    /// <summary>What stands in a namespace around is seen without a using: so the compiled code is asked too.</summary>
    [Fact]
    public void Slices_of_Core_use_only_types_of_slices_before_them() => Checkout.None((
        from type in typeof(Book).Assembly.GetTypes()
        where type.Namespace is not null && Array.IndexOf(Slices, type.Namespace) >= 0
        from used in UsedBy(type).SelectMany(Parts).Distinct()
        where used.Assembly == type.Assembly && used.Namespace is { } its && Rank(its) > Rank(type.Namespace!)
        select $"{type} uses {used}").Distinct());

    [Fact]
    public void The_compiled_code_is_really_read() =>
        Assert.Contains(typeof(Minutebook.Core.Metering.Calendar), UsedBy(typeof(Book)).SelectMany(Parts));

    private static int Rank(string name)
    {
        int rank = Array.IndexOf(Slices, name);
        Assert.True(rank >= 0 || !name.StartsWith("Minutebook.Core", StringComparison.Ordinal), $"{name} is no slice: say where it stands.");
        return rank;
    }

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Load(project).Descendants(kind).Select(reference => (string)reference.Attribute("Include")!);

    private static IEnumerable<Type> UsedBy(Type type)
    {
        const BindingFlags All =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        IEnumerable<Type?> used =
        [
            type.BaseType,
            .. type.GetInterfaces(),
            .. type.GetFields(All).Select(field => field.FieldType),
            .. type.GetMethods(All).SelectMany(method => UsedBy(method).Append(method.ReturnType)),
            .. type.GetConstructors(All).SelectMany(UsedBy),
        ];
        return used.OfType<Type>();
    }

    private static IEnumerable<Type?> UsedBy(MethodBase method)
    {
        MethodBody? body = method.GetMethodBody();
        return
        [
            .. method.GetParameters().Select(parameter => parameter.ParameterType),
            .. body?.LocalVariables.Select(local => local.LocalType) ?? [],
            .. body is null ? [] : Members(method, body.GetILAsByteArray()!).SelectMany(Types),
        ];
    }

    private static IEnumerable<Type?> Types(MemberInfo member) => member is Type type ? [type] : [member.DeclaringType];

    /// <summary>The members that a method's code names.</summary>
    private static IEnumerable<MemberInfo> Members(MethodBase method, byte[] code)
    {
        Type[]? ofType = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        Type[]? ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (int at = 0; at < code.Length;)
        {
            short value = code[at] == 0xFE ? unchecked((short)(0xFE00 | code[at + 1])) : code[at];
            OpCode operation = OpCodesByValue[value];
            at += operation.Size;
            if (operation.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
            {
                yield return method.Module.ResolveMember(BitConverter.ToInt32(code, at), ofType, ofMethod)!;
            }

            at += Length(operation.OperandType, code, at);
        }
    }

    private static int Length(OperandType operand, byte[] code, int at) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
        _ => 4,
    };

    /// <summary>A type and what it is made of.</summary>
    private static IEnumerable<Type> Parts(Type type) => type.HasElementType
        ? Parts(type.GetElementType()!)
        : type.IsConstructedGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^using (Minutebook\.Core[\w.]*);", RegexOptions.Multiline)]
    private static partial Regex Using();
}

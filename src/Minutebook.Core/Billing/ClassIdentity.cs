using System.Diagnostics.CodeAnalysis;

namespace Minutebook.Core.Billing;

/// <summary>Which classes are the same, and their order of settlement (rule 5.3).</summary>
internal sealed class ClassIdentity : IEqualityComparer<ClassKey>
{
    private ClassIdentity()
    {
    }

    /// <summary>A class is its application and id.</summary>
    public static ClassIdentity Comparer { get; } = new();

    /// <summary>By (end, start, application, id), running ones after the ended; ids by their UTF-16 code units.</summary>
    public static int InOrder(ClassKey left, ClassKey right)
    {
        int order = (left.End ?? long.MaxValue).CompareTo(right.End ?? long.MaxValue);
        order = order != 0 ? order : Nullable.Compare(left.Start, right.Start);
        order = order != 0 ? order : string.CompareOrdinal(left.Application, right.Application);
        return order != 0 ? order : string.CompareOrdinal(left.Id, right.Id);
    }

    public bool Equals(ClassKey? x, ClassKey? y) => ReferenceEquals(x, y) || (x?.Id == y?.Id && x?.Application == y?.Application);

    public int GetHashCode([DisallowNull] ClassKey obj) => HashCode.Combine(obj.Id, obj.Application);
}

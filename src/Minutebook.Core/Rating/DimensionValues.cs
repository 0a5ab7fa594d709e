using System.Text;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;

namespace Minutebook.Core.Rating;

/// <summary>
/// The values that dimensions can have (sections 3.1, 3.3 and 3.4). Organizations and departments are open sets; all others
/// are closed.
/// </summary>
internal static class DimensionValues
{
    private static readonly Dictionary<string, string[]> Values = new()
    {
        ["tier"] = [.. Tiers.Names],
        ["kind"] = [.. Enum.GetValues<RecordingKind>().Select(static kind => Encoding.UTF8.GetString(Words.Of(kind)))],
        ["mode"] = [.. Enum.GetValues<SlicingMode>().Select(static mode => Encoding.UTF8.GetString(Words.Of(mode)))],
        ["dataType"] = [Delivery.VodInstitution, Delivery.VodDepartment, Delivery.Live, Delivery.Other],
        ["download"] = ["false", "true"],
    };

    /// <summary>All usage of meters whose dimensions are closed; they have one at most.</summary>
    public static IReadOnlyList<Dimensions> Closed { get; } =
    [
        .. Meter.All.Where(meter => meter != Meter.Delivery).SelectMany(meter => meter.Dimensions.Count == 0
            ? [meter.None]
            : Values[meter.Dimensions[0]].Select(value => new Dimensions(meter, value))),
    ];

    /// <summary>All values of a closed dimension; null for an open one.</summary>
    public static IReadOnlyList<string>? Of(string dimension) => Values.GetValueOrDefault(dimension);

    /// <summary>
    /// All usage that a meter can have, as boxes: in each the values of every dimension, which combine freely. Of delivery only
    /// <c>vod-department</c> names an organization or a department, at least one of them, and only vod is downloaded (rule 3.4).
    /// </summary>
    /// <param name="meter">The meter.</param>
    /// <param name="named">Values of an open dimension, which must stand for all others too.</param>
    public static IEnumerable<string?[][]> Boxes(Meter meter, Func<string, IReadOnlyList<string>> named)
    {
        if (meter != Meter.Delivery)
        {
            return [[.. meter.Dimensions.Select(dimension => (string?[])Values[dimension])]];
        }

        string?[] organizations = [.. named("organization")];
        string?[] departments = [.. named("department")];
        return
        [
            [[Delivery.VodInstitution], [null], [null], ["false", "true"]],
            [[Delivery.Live, Delivery.Other], [null], [null], ["false"]],
            [[Delivery.VodDepartment], organizations, [null, .. departments], ["false", "true"]],
            [[Delivery.VodDepartment], [null], departments, ["false", "true"]],
        ];
    }
}

using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>How delivered bytes are categorized (rule 3.4).</summary>
public static class Delivery
{
    /// <summary>VOD that belongs to no organization or department.</summary>
    public const string VodInstitution = "vod-institution";
    /// <summary>VOD of an organization or department.</summary>
    public const string VodDepartment = "vod-department";
    /// <summary>Live streams.</summary>
    public const string Live = "live";
    /// <summary>Everything else.</summary>
    public const string Other = "other";

    /// <summary>
    /// The dimensions of a delivery: <c>live</c> and <c>other</c> as reported, without the two; <c>vod</c> and <c>download</c> by whether
    /// the event, or else its section, names an organization or department.
    /// </summary>
    public static Dimensions DimensionsOf(DeliveryKind kind, string? organization, string? department)
    {
        if (kind is DeliveryKind.Live or DeliveryKind.Other)
        {
            return new Dimensions(Meter.Delivery, kind == DeliveryKind.Live ? Live : Other, null, null, "false");
        }

        string type = organization is null && department is null ? VodInstitution : VodDepartment;
        return new Dimensions(Meter.Delivery, type, organization, department, kind == DeliveryKind.Download ? "true" : "false");
    }

    /// <summary>What dimensions were before the account's delivery was categorized: all of VOD is the institution's.</summary>
    public static Dimensions BeforeCategories(Dimensions dimensions) =>
        ReferenceEquals(dimensions.Meter, Meter.Delivery) && dimensions.Values[0] == VodDepartment
            ? new Dimensions(Meter.Delivery, VodInstitution, null, null, dimensions.Values[3])
            : dimensions;
}

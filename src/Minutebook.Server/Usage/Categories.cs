using Minutebook.Core.Metering;

namespace Minutebook.Server;

/// <summary>The categories of delivered data (rule 3.4).</summary>
internal static class Categories
{
    public const string Institution = "vod-institution", Department = "vod-department";

    /// <summary>Before an account's cut-over day, what would be a department's is the institution's.</summary>
    public static Dimensions Categorized(Dimensions dimensions, bool uncategorized) => uncategorized && dimensions["dataType"] == Department
        ? new Dimensions(Meter.Delivery, Institution, null, null, dimensions["download"])
        : dimensions;
}

namespace Minutebook.Core.Accounts;

/// <summary>An entry of an account's timeline (rule 7.4): from this instant, in ms, it was so.</summary>
public sealed record StandingChange(Standing Standing, long At, string Cause);

/// <summary>What a release orders to be deleted (rule 7.5).</summary>
public enum ReleaseResource
{
    /// <summary>The application's recordings.</summary>
    Recordings,
    /// <summary>Its configuration at the platform.</summary>
    Configuration,
    /// <summary>The application itself.</summary>
    Application,
}

/// <summary>How far an order of a release is.</summary>
public enum ReleaseStatus
{
    /// <summary>It was ordered; nobody has answered yet.</summary>
    Ordered,
    /// <summary>It is done; for good.</summary>
    Confirmed,
    /// <summary>It could not be done; may still be confirmed.</summary>
    Failed,
}

/// <summary>An order of a release (rule 7.5).</summary>
/// <param name="Order">Its number in the release, from 1.</param>
/// <param name="Application">The application whose it is.</param>
/// <param name="Resource">What is to be deleted.</param>
/// <param name="Status">How far it is.</param>
/// <param name="OrderedAt">ms.</param>
/// <param name="AnsweredAt">When it was confirmed or failed, ms; null before.</param>
/// <param name="Detail">What was said with that.</param>
public sealed record ReleaseOrder(
    int Order, string Application, ReleaseResource Resource, ReleaseStatus Status, long OrderedAt, long? AnsweredAt = null, string? Detail = null)
{
    /// <summary>The orders of a release at an instant: of each application its recordings, its configuration, then itself.</summary>
    public static List<ReleaseOrder> Of(IEnumerable<ApplicationState> applications, long at)
    {
        List<ReleaseOrder> orders = [];
        foreach (ApplicationState application in applications.OrderBy(static application => application.Id, StringComparer.Ordinal))
        {
            foreach (ReleaseResource resource in Enum.GetValues<ReleaseResource>())
            {
                orders.Add(new ReleaseOrder(orders.Count + 1, application.Id, resource, ReleaseStatus.Ordered, at));
            }
        }

        return orders;
    }
}

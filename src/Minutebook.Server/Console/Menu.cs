using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>A page of an account, or of operations, as the menu leads to it. Its name is the text <c>nav.</c> and its address.</summary>
/// <param name="Page">Its address, behind the account's; of operations, behind the root.</param>
internal sealed record Place(string Page)
{
    /// <summary>For whom it is.</summary>
    public Func<Visit, bool> IsFor { get; init; } = visit => visit.ReadsAll;
    /// <summary>Pages that share its place in the rail and are reached by tabs beneath the head, itself first.</summary>
    public IReadOnlyList<Place> Tabs { get; init; } = [];
    /// <summary>Its letter behind g; none for tabs.</summary>
    public string? Key { get; init; }

    public bool Has(string page) => Page == page || Tabs.Any(tab => tab.Page == page);
}

/// <summary>The rail, and the tabs of each place in it. A new page is a line here, and its name in the texts.</summary>
internal static class Menu
{
    private const string Operations = "operations";

    public static IReadOnlyList<Place> Places { get; } =
    [
        new("") { Key = "d" },
        new("usage") { Key = "u" },
        new("cloud-usage") { Key = "c", IsFor = _ => true },
        new("bills") { Key = "b", Tabs = [new("bills"), new("bills/estimate"), new("bills/what-if")] },
        new("packages") { Key = "p" },
        new("applications") { Key = "a" },
        new("standing") { Key = "s", Tabs =
            [
                new("standing"), new("alerts"), new("budgets"), new("release") { IsFor = visit => visit.Account?.Standing is AccountStanding.Released },
                new("webhooks") { IsFor = visit => visit.Runs }, new("keys") { IsFor = visit => visit.IsAdmin }, new("audit"),
            ] },
        new(Operations) { Key = "o", IsFor = visit => visit.Runs, Tabs = [new(Operations), new(Operations + "/set-aside"), new(Operations + "/rate-cards")] },
    ];

    /// <summary>What the rail shows the reader of this page.</summary>
    public static IEnumerable<Place> Of(Visit visit) =>
        Places.Where(place => place.IsFor(visit) && (visit.Account is not null || IsOfAll(place.Page)));

    /// <summary>The tabs of the place that a page has; none where there is only itself.</summary>
    public static IReadOnlyList<Place> TabsOf(Visit visit, string page) =>
        Places.FirstOrDefault(place => place.Has(page))?.Tabs.Where(tab => tab.IsFor(visit)).ToArray() is { Length: > 1 } tabs ? tabs : [];

    public static string AddressOf(Visit visit, Place place) => IsOfAll(place.Page) ? "/" + place.Page : visit.To(place.Page);

    /// <summary>Whether it is about no account.</summary>
    public static bool IsOfAll(string page) => page.StartsWith(Operations, StringComparison.Ordinal);
}

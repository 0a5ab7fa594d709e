using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Minutebook.Browser.Tests;

/// <summary>A class: who was there when, at which tier, and down to its events.</summary>
[Collection(School.Name)]
public sealed class ClassTests(School school) : IAsyncLifetime
{
    private const string Seminar = "/accounts/college/classes/labs/seminar";

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => school.LeaveAsync();

    [Fact]
    public async Task Stays_are_as_thick_as_their_tier_with_gaps_and_the_whiteboard_beneath()
    {
        (IPage page, List<string> complaints) = await school.SignInAsync(school.CollegeKey);
        await page.GotoAsync(Seminar);
        ILocator ada = page.Locator("table.stays tbody tr").Filter(new() { HasText = "ada" }).Locator("rect");
        // Ten minutes of HD, twenty of full HD, and ten on the whiteboard.
        await Expect(ada).ToHaveCountAsync(3);
        Assert.Equal(["3333", "6667", "3334"], await Widths(ada));
        Assert.Equal(["5", "7", "2"], await ada.EvaluateAllAsync<string[]>("bars => bars.map(bar => bar.getAttribute('height'))"));
        ILocator ben = page.Locator("table.stays tbody tr").Filter(new() { HasText = "ben" }).Locator("rect");
        Assert.Equal(["3333", "3334"], await Widths(ben));
        await Expect(page.Locator(".tiers")).ToContainTextAsync("HD 30 min");
        await Expect(page.Locator(".figures")).ToContainTextAsync("at most 2 at once");
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task It_has_its_recordings_what_paid_for_it_and_its_events()
    {
        (IPage page, _) = await school.SignInAsync(school.CollegeKey);
        await page.GotoAsync(Seminar);
        ILocator camera = page.Locator("tr").Filter(new() { HasText = "rec-7" }).Filter(new() { HasText = "Camera" });
        await Expect(camera).ToContainTextAsync("30 min");
        await Expect(camera).ToContainTextAsync("90.0 MB");
        await Expect(page.Locator(".ladder")).ToContainTextAsync("50 min");

        await page.GetByRole(AriaRole.Link, new() { Name = "ben" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Events of Seminar on gaps" })).ToBeVisibleAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(3);
        await page.Locator("tbody summary").First.ClickAsync();
        await Expect(page.Locator("tbody pre").First).ToContainTextAsync("\"participant.joined\"");
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("counted");
        await page.FillAsync("#user", "");
        await page.Locator("#user").PressAsync("Enter");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(11);
    }

    [Fact]
    public async Task A_crowd_is_drawn_on_a_canvas_found_by_name_and_listed_page_by_page()
    {
        (IPage page, List<string> complaints) = await school.SignInAsync(school.CollegeKey);
        await page.GotoAsync("/accounts/college/classes/theory/hall");
        ILocator canvas = page.Locator(".crowd canvas");
        await Expect(canvas).ToHaveAttributeAsync("data-drawn", "250");
        await page.FillAsync("#crowd-search", "p01");
        await Expect(canvas).ToHaveAttributeAsync("data-drawn", "10");
        await Expect(page.Locator(".crowd [data-said]")).ToHaveTextAsync("10 of 250 participants");
        await Expect(page.Locator("table.stays tbody tr")).ToHaveCountAsync(50);
        await page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();
        await Expect(page.Locator("table.stays tbody tr").First).Not.ToContainTextAsync("p000");
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task What_paid_for_a_class_that_came_after_its_day_was_billed_is_said_to_be_elsewhere()
    {
        const string Class = "forgotten";
        await school.TellAsync(
            ("class.started", "2026-11-02T10:00:00Z", Class, new { application = "labs", name = "Forgotten" }),
            ("participant.joined", "2026-11-02T10:00:00Z", Class, new { application = "labs", user = "ada", role = "teacher" }),
            ("class.ended", "2026-11-02T10:30:00Z", Class, new { application = "labs" }));
        (IPage page, _) = await school.SignInAsync(school.CollegeKey);
        await page.GotoAsync("/accounts/college/classes/labs/" + Class);
        ILocator steps = page.Locator("section[aria-labelledby=paid] li");
        await Expect(steps.First).ToContainTextAsync("30 min");
        await Expect(steps.Filter(new() { HasText = "adjusted by a later bill" })).ToContainTextAsync("30 min");
        await Expect(steps.Filter(new() { HasText = "Not covered" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Who_comes_into_a_class_that_is_looked_at_shows_in_its_stays_and_on_its_canvas()
    {
        (string, string, string?, object) Joined(int number) =>
            ("participant.joined", school.Now, "assembly", new { application = "theory", user = $"q{number:D3}", role = "student" });
        await school.TellAsync([("class.started", school.Now, "assembly", new { application = "theory", name = "Assembly" }), .. Enumerable.Range(0, 201).Select(Joined)]);
        await school.TellAsync(("class.started", school.Now, "circle", new { application = "theory", name = "Circle" }), Of("circle", "ann"));
        (IPage page, List<string> complaints) = await school.SignInAsync(school.CollegeKey);
        await page.GotoAsync("/accounts/college/classes/theory/circle");
        IPage crowd = await page.Context.NewPageAsync();
        await crowd.GotoAsync("/accounts/college/classes/theory/assembly");
        await Expect(crowd.Locator(".crowd canvas")).ToHaveAttributeAsync("data-drawn", "201");
        await Expect(page.Locator("table.stays tbody tr")).ToHaveCountAsync(1);
        await Expect(page.Locator("[data-live-state]")).ToHaveAttributeAsync("data-on", "true");

        await school.TellAsync(Of("circle", "bob"), Joined(201));
        await Expect(page.Locator("table.stays tbody tr")).ToHaveCountAsync(2);
        await Expect(page.Locator(".figures dd.value").Nth(2)).ToHaveTextAsync("2");
        await Expect(crowd.Locator(".crowd canvas")).ToHaveAttributeAsync("data-drawn", "202");
        await school.TellAsync(("class.ended", school.Now, "assembly", new { application = "theory" }), ("class.ended", school.Now, "circle", new { application = "theory" }));
        Assert.Empty(complaints);
    }

    private (string, string, string?, object) Of(string @class, string user) =>
        ("participant.joined", school.Now, @class, new { application = "theory", user, role = "teacher" });

    private static Task<string[]> Widths(ILocator bars) => bars.EvaluateAllAsync<string[]>("bars => bars.map(bar => bar.getAttribute('width'))");
}

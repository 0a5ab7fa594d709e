using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Minutebook.Browser.Tests;

/// <summary>Applications and packages, set up and bought by a person.</summary>
[Collection(School.Name)]
public sealed partial class ApplicationTests(School school) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => school.LeaveAsync();

    [Fact]
    public async Task An_application_is_added_changed_and_connected_and_a_refusal_shows()
    {
        (IPage page, List<string> complaints) = await school.SignInAsync();
        await page.GotoAsync("/accounts/college/applications");
        await page.Locator("summary").Filter(new() { HasText = "Add an application" }).ClickAsync();
        await page.FillAsync("#new-id", "studio");
        await page.FillAsync("#new-name", "Studio");
        await page.SelectOptionAsync("#new-metering", "room");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add an application" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("added");

        ILocator box = page.Locator("section.box").Filter(new() { HasText = "Studio" });
        await Expect(box).ToContainTextAsync("by who is there");
        await box.Locator("summary").Filter(new() { HasText = "Change settings" }).ClickAsync();
        await page.FillAsync("#studio-roles", "recorder, robot");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save Studio" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("from now on");
        await Expect(box).ToContainTextAsync("recorder, robot");

        await box.Locator("summary").Filter(new() { HasText = "Webhook addresses" }).ClickAsync();
        ILocator jitsi = box.Locator("li").Filter(new() { HasText = "jitsi" });
        await Expect(jitsi.Locator("code")).ToHaveTextAsync(school.Address + "/hooks/studio/jitsi");
        await jitsi.Locator("summary").ClickAsync();
        await page.FillAsync("#studio-jitsi-secret", "a secret of both");
        await jitsi.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(jitsi).ToContainTextAsync("Nothing came yet.");
        Assert.DoesNotContain("a secret of both", await page.ContentAsync());

        await school.PostAsync("/hooks/studio/jitsi/events/room/created", "{}");
        await page.ReloadAsync();
        await Expect(jitsi).ToContainTextAsync("Refused last");
        await jitsi.Locator("summary").Filter(new() { HasText = "Refused, by reason" }).ClickAsync();
        await Expect(jitsi.Locator("tbody tr")).ToContainTextAsync("signature wrong, missing or expired");
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Switching_pay_as_you_go_off_says_what_it_would_mean()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/college/applications");
        ILocator box = page.Locator("section.box").Filter(new() { HasText = "Laboratories" });
        await box.Locator("summary").Filter(new() { HasText = "Switch off" }).ClickAsync();
        await Expect(box.Locator(".notice")).ToContainTextAsync("It holds no package now: it would be suspended at once.");
    }

    [Fact]
    public async Task What_a_package_takes_is_said_before_it_is_bought_and_versions_are_compared()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/college/packages");
        await page.Locator("summary").Filter(new() { HasText = "Buy" }).ClickAsync();
        await Expect(page.Locator(".notice.careful")).ToContainTextAsync("$6.00 are taken from the balance");
        await Expect(page.Locator("#prices")).ToContainTextAsync("Audio/video duration");
        await Expect(page.Locator("#prices")).ToContainTextAsync("the total of the period once");
        ILocator row = page.Locator("section.box tbody tr").Filter(new() { HasTextRegex = Av() });
        await Expect(row).ToContainTextAsync("$6.50 per 1,000 min");
        await Expect(row).ToContainTextAsync("changed");
    }

    [GeneratedRegex("^av")]
    private static partial Regex Av();
}

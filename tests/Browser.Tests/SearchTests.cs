using Microsoft.Playwright;
using Minutebook.Server;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Minutebook.Browser.Tests;

/// <summary>What happened to it; how the installation is; keys, languages, and how much a page weighs.</summary>
[Collection(School.Name)]
public sealed class SearchTests(School school) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => school.LeaveAsync();

    [Fact]
    public async Task A_user_is_found_in_classes_and_an_event_by_its_id()
    {
        (IPage page, _) = await school.SignInAsync(school.CollegeKey);
        await page.GotoAsync("/accounts/college");
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("p007");
        await page.Keyboard.PressAsync("Enter");
        ILocator user = page.Locator("tbody tr").Filter(new() { HasText = "User" });
        await Expect(user).ToContainTextAsync("Lecture in the hall");
        await user.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.Locator("table.stays tbody tr")).ToHaveCountAsync(1);

        // The seminar's first: its source is not named.
        await page.GotoAsync("/search?account=college&q=c1");
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("Class started");
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("counted");
        await page.GotoAsync("/search?account=college&q=" + Uri.EscapeDataString("college c2"));
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("Joined");
    }

    [Fact]
    public async Task A_user_of_many_classes_is_found_in_the_newest_and_then_further_back()
    {
        (IPage page, _) = await school.SignInAsync(school.AccountKey);
        await page.GotoAsync("/search?q=ada");
        ILocator rows = page.Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(20);
        await Expect(rows.First).ToContainTextAsync("Algebra 59");
        await page.GetByRole(AriaRole.Link, new() { Name = "Look further back" }).ClickAsync();
        await Expect(rows.First).ToContainTextAsync("Algebra 39");
        await page.GetByRole(AriaRole.Link, new() { Name = "Look further back" }).ClickAsync();
        await Expect(rows.Last).ToContainTextAsync("Algebra 0");
    }

    [Fact]
    public async Task Who_leaves_the_menu_of_accounts_by_the_keyboard_is_back_at_its_name()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/college");
        ILocator name = page.Locator("details.switch summary");
        await name.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.Locator("details.switch a").First).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("details.switch a").First).ToBeHiddenAsync();
        await Expect(name).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Of_many_accounts_those_that_are_not_good_come_first_and_any_is_found()
    {
        for (int number = 0; number < 210; number++)
        {
            await school.AccountAsync($"zz{number:D3}");
        }

        await school.Served.DoAsync(HttpMethod.Post, "/v1/accounts/zz209/terminate", new { reason = "spam" });
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/operations");
        ILocator rows = page.GetByRole(AriaRole.Region, new() { Name = "Accounts" }).Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(50);
        await Expect(rows.Filter(new() { HasText = "zz209" })).ToContainTextAsync("Terminated");
        ILocator bad = page.Locator(".figures > div").Filter(new() { HasText = "Accounts not good" }).Locator(".value");
        string before = await bad.InnerTextAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Previous page" })).ToBeVisibleAsync();
        await Expect(rows.Filter(new() { HasText = "zz209" })).ToHaveCountAsync(0);
        await Expect(bad).ToHaveTextAsync(before);
        await page.GotoAsync("/search?q=zz209");
        await page.Locator("tbody").GetByRole(AriaRole.Link, new() { Name = "The zz209 school" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Dashboard" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task An_event_that_was_set_aside_says_why()
    {
        await school.TellAsync(("class.danced", school.Now, "seminar", new { application = "labs" }));
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/operations");
        await page.Locator(".tabs").GetByRole(AriaRole.Link, new() { Name = "Set aside" }).ClickAsync();
        await Expect(page.Locator("tbody tr").Filter(new() { HasText = "college" }).First).ToContainTextAsync("of an unknown type");
        await page.Locator("tbody summary").First.ClickAsync();
        await Expect(page.Locator("tbody pre").First).ToContainTextAsync("class.danced");
        await page.Locator(".tabs").GetByRole(AriaRole.Link, new() { Name = "Rate cards" }).ClickAsync();
        await Expect(page.Locator("tbody tr").Filter(new() { HasText = "school" })).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task What_came_before_its_application_is_tried_again_by_a_button()
    {
        await school.TellAsync(("class.started", school.Now, "early", new { application = "annex", name = "Early bird" }));
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/college/applications/annex", new { name = "Annex" });
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/operations/set-aside");
        await Expect(page.GetByText("for an unknown application").First).ToBeVisibleAsync();
        await page.SelectOptionAsync("#account", "college");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("tried again");
        await Expect(page.GetByText("for an unknown application")).ToHaveCountAsync(0);
        await page.GotoAsync("/accounts/college/classes/annex/early");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Early bird" })).ToBeVisibleAsync();
        await school.TellAsync(("class.ended", school.Now, "early", new { application = "annex" }));
    }

    [Fact]
    public async Task Operations_show_who_owes_what_is_behind_and_what_is_closed()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/operations?sort=spend");
        await Expect(page.Locator(".figures")).ToContainTextAsync("Behind");
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("A School");
        await Expect(page.GetByText("every day that is over is closed")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Keys_lead_everywhere_and_a_question_mark_shows_them()
    {
        (IPage page, List<string> complaints) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school");
        await PaintedAsync(page);
        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Earlier and later period");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        await page.Keyboard.TypeAsync("gu");
        await page.WaitForURLAsync(url => url.EndsWith("/usage", StringComparison.Ordinal));
        await PaintedAsync(page);
        await page.Keyboard.PressAsync("[");
        await page.WaitForURLAsync(url => url.Contains("from=2026-10-01", StringComparison.Ordinal));
        await PaintedAsync(page);
        await page.Keyboard.PressAsync("t");
        await Expect(page.Locator("figure details")).ToHaveAttributeAsync("open", "");
        await page.Keyboard.TypeAsync("gb");
        await page.WaitForURLAsync(url => url.EndsWith("/bills", StringComparison.Ordinal));
        await PaintedAsync(page);
        await page.Keyboard.PressAsync("Control+k");
        await Expect(page.Locator("input[type=search]").First).ToBeFocusedAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Keys", Exact = true }).ClickAsync();
        await page.GetByLabel("Keys without").UncheckAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.ReloadAsync(new() { WaitUntil = WaitUntilState.Load });
        await PaintedAsync(page);
        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("Control+k");
        await Expect(page.Locator("input[type=search]").First).ToBeFocusedAsync();
        Assert.Empty(complaints);
    }

    /// <summary>A browser drops keys that are struck before a page's first picture.</summary>
    private static async Task PaintedAsync(IPage page) =>
        await page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

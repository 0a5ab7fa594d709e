using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Minutebook.Browser.Tests;

/// <summary>The console, walked as a person would.</summary>
[Collection(School.Name)]
public sealed partial class ConsoleTests(School school) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => school.LeaveAsync();

    [Fact]
    public async Task Filters_are_in_the_address_and_a_row_leads_to_its_class()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/usage");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Usage", Exact = true })).ToBeVisibleAsync();
        await Expect(page.Locator("figure#trend .bars .bar")).ToHaveCountAsync(1);
        await Expect(page.Locator("table thead th").Filter(new() { HasText = "Class name" })).ToBeVisibleAsync();
        Assert.Equal(11, await page.Locator(".rows.wide thead th").CountAsync());
        Assert.Equal(50, await page.Locator(".rows.wide tbody tr").CountAsync());

        await page.GetByRole(AriaRole.Link, new() { Name = "Older" }).ClickAsync();
        await Expect(page.Locator(".rows.wide tbody tr")).ToHaveCountAsync(10);

        await page.FocusAsync("#application");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.WaitForURLAsync(Application());
        // Who goes by the keyboard goes on where they were.
        await Expect(page.Locator("#application")).ToBeFocusedAsync();
        await page.GotoAsync(page.Url + "&q=algebra-07");
        await page.GetByRole(AriaRole.Link, new() { Name = "Algebra 7", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Algebra 7", Exact = true })).ToBeVisibleAsync();
        await Expect(page.Locator("table.stays tbody tr")).ToHaveCountAsync(2);
        await page.SelectOptionAsync("#role", "student");
        await Expect(page.Locator("table.stays tbody tr")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task The_explanation_has_the_accounts_own_numbers()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/usage");
        await page.GetByRole(AriaRole.Link, new() { Name = "How are billable durations calculated" }).ClickAsync();
        // Of each class 60 minutes and a half of Ada's, and 59 and a half of Ben's: 60 × (3,630 + 3,570) s.
        await Expect(page.Locator(".ladder").First).ToContainTextAsync("432,000 s");
        await Expect(page.Locator(".ladder").First).ToContainTextAsync("$7.00 per 1,000 min");
        await Expect(page.Locator(".ladder").First).ToContainTextAsync("10 min");
    }

    [Fact]
    public async Task A_click_in_the_legend_shows_only_that_type_and_the_next_shows_all()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/cloud-usage");
        ILocator live = page.GetByRole(AriaRole.Button, new() { Name = "Live" });
        await LookCloserAsync(page);

        await live.ClickAsync();
        await Expect(live).ToHaveAttributeAsync("aria-pressed", "true");
        Assert.Contains("type=live", page.Url);
        await live.ClickAsync();
        await Expect(live).ToHaveAttributeAsync("aria-pressed", "false");

        await page.SelectOptionAsync("#department", "Physics");
        await Expect(page.GetByText("Only VOD-Org/Dept is shown")).ToBeVisibleAsync();
        // 34.1 GB are 110 hours (rule 9.1).
        await Expect(page.Locator("figure tfoot")).ToContainTextAsync("110.0 h");
    }

    [Fact]
    public async Task Arrow_keys_say_what_a_bar_is_made_of()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/cloud-usage?from=2026-11&to=2026-11");
        await LookCloserAsync(page);
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator("[data-said]")).ToContainTextAsync("VOD-Org/Dept 310.0 h");
    }

    [Fact]
    public async Task A_line_of_a_bill_is_read_down_to_its_usage()
    {
        (IPage page, _) = await school.SignInAsync(school.AccountKey);
        await page.GotoAsync("/accounts/school/bills");
        await page.GetByRole(AriaRole.Link, new() { Name = "school-D-2026-11-02" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { NameRegex = Why() }).First.ClickAsync();
        ILocator ladder = page.Locator("tr.opened .ladder");
        await Expect(ladder).ToContainTextAsync("Pay-as-you-go");
        // 60 classes of 3,630 s and 3,570 s are 7,200 minutes, of which 10 are free: 7,190 at $7.00 per 1,000 are $50.33.
        await Expect(ladder).ToContainTextAsync("432,000 s");
        await Expect(ladder).ToContainTextAsync("−10 min");
        await Expect(ladder.Locator("li").Last).ToContainTextAsync("$50.33");

        await page.GetByRole(AriaRole.Link, new() { Name = "Classes and events behind it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Line 2 of bill school-D-2026-11-02" })).ToBeVisibleAsync();
        await Expect(page.Locator(".rows tbody tr")).ToHaveCountAsync(50);
        await page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();
        await Expect(page.Locator(".rows tbody tr")).ToHaveCountAsync(10);
        await page.Locator(".rows tbody a").First.ClickAsync();
        await Expect(page.Locator("table.stays tbody tr")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task A_bill_on_paper_is_a_table_of_whose_it_is_in_dark_letters()
    {
        (IPage page, _) = await school.SignInAsync(
            school.AccountKey, new() { ColorScheme = ColorScheme.Dark, ViewportSize = new() { Width = 680, Height = 960 } });
        await page.GotoAsync("/accounts/school/bills/school-D-2026-11-02");
        // On a telephone a line says whose it is, and the total stands at the edge.
        await Expect(page.Locator("tbody tr").Filter(new() { HasText = "av" }).GetByText("Mathematics").First).ToBeVisibleAsync();
        await page.EmulateMediaAsync(new() { Media = Media.Print, ColorScheme = ColorScheme.Dark });
        await Expect(page.GetByText("A School", new() { Exact = true }).Locator("visible=true")).ToHaveCountAsync(1);
        await Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = "Pay-as-you-go" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { NameRegex = Why() })).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Navigation)).ToHaveCountAsync(0);
        await Expect(page.Locator("h1")).ToHaveCSSAsync("color", "rgb(27, 36, 48)");
        Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
    }

    [Fact]
    public async Task What_was_paid_for_is_one_click_from_the_wallet()
    {
        (IPage page, _) = await school.SignInAsync(school.AccountKey);
        await page.GotoAsync("/accounts/school/standing");
        await page.Locator("#wallet").GetByRole(AriaRole.Link, new() { Name = "school-D-2026-11-02" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Bill school-D-2026-11-02" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_month_of_cloud_usage_leads_to_its_days()
    {
        (IPage page, _) = await school.SignInAsync(school.AccountKey);
        await page.GotoAsync("/accounts/school/cloud-usage");
        string delivered = await page.Locator(".figures .value").Nth(1).InnerTextAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "November 2026" }).ClickAsync();
        await Expect(page.Locator("#service")).ToHaveValueAsync("delivery");
        await Expect(page.Locator(".figures .value").First).ToHaveTextAsync(delivered);
    }

    [Fact]
    public async Task A_type_that_the_legend_shows_alone_is_shown_alone_in_other_months_too()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/cloud-usage");
        await LookCloserAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "VOD-Org/Dept" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Earlier period" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "VOD-Org/Dept" })).ToHaveAttributeAsync("aria-pressed", "true");
        await page.GetByRole(AriaRole.Link, new() { Name = "Later period" }).ClickAsync();
        await page.SelectOptionAsync("#department", "Physics");
        await page.WaitForURLAsync(url => url.Contains("department=Physics", StringComparison.Ordinal));
        Assert.Contains("type=vod-department", page.Url);
    }

    [Fact]
    public async Task The_estimate_says_what_the_month_costs_so_far_and_will_come_to()
    {
        (IPage page, List<string> complaints) = await school.SignInAsync(school.AccountKey);
        await page.GotoAsync("/accounts/school/bills");
        await page.GetByRole(AriaRole.Link, new() { Name = "Estimate and forecast" }).ClickAsync();
        // Presence $50.33; 111.6 GB, begun ones in full, at $0.05: $5.60.
        await Expect(page.Locator(".figures > div").Nth(1)).ToContainTextAsync("$55.93");
        await Expect(page.Locator(".rows tfoot tr").Last).ToContainTextAsync("$55.93");
        await LookCloserAsync(page);
        await page.Keyboard.PressAsync("End");
        await Expect(page.Locator("[data-said]")).ToContainTextAsync("Mon 30 Nov · expected");
        Assert.Empty(complaints);
        await page.GetByRole(AriaRole.Link, new() { Name = "7,200 min" }).ClickAsync();
        await Expect(page.Locator(".figures .value").First).ToHaveTextAsync("7,200 min");
    }

    [Fact]
    public async Task What_if_stands_beside_what_was_charged()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/bills/what-if");
        await page.SelectOptionAsync("#card", "flat");
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare" }).ClickAsync();
        // 7,200 minutes at $10.00 per 1,000 and nothing free, instead of $50.33; delivery is not on that card.
        await Expect(page.Locator(".figures > div").Nth(0)).ToContainTextAsync("$55.93");
        await Expect(page.Locator(".figures > div").Nth(1)).ToContainTextAsync("$72.00");
        await Expect(page.Locator(".figures > div").Nth(2)).ToContainTextAsync("+$16.07");
        await Expect(page.Locator(".rows").First.Locator("tbody tr").Filter(new() { HasText = "delivery" })).ToContainTextAsync("−$5.60");
        Assert.Contains("card=flat", page.Url);
    }

    [Fact]
    public async Task What_if_class_by_class_comes_after_its_page_and_by_a_link_without_scripts()
    {
        // Each user's minutes are rounded up, for which a day's total is not enough.
        (IPage page, List<string> complaints) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/bills/what-if?card=each");
        await Expect(page.Locator(".figures > div").Nth(1)).ToContainTextAsync("$72.");
        Assert.DoesNotContain("worked", page.Url);
        Assert.Empty(complaints);
        (IPage plain, _) = await school.SignInAsync(options: new() { JavaScriptEnabled = false });
        await plain.GotoAsync("/accounts/school/bills/what-if?card=each");
        await plain.Locator("[role=status]").GetByRole(AriaRole.Link, new() { Name = "Show" }).ClickAsync();
        await Expect(plain.Locator(".figures > div").Nth(1)).ToContainTextAsync("$72.");
    }

    [Fact]
    public async Task A_months_bills_are_downloaded_as_FOCUS()
    {
        (IPage page, _) = await school.SignInAsync(school.AccountKey);
        await page.GotoAsync("/accounts/school/bills");
        IDownload download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "FOCUS" }).ClickAsync());
        Assert.Equal("school-focus-2026-11.csv", download.SuggestedFilename);
        Assert.Contains("BilledCost", await File.ReadAllTextAsync((await download.PathAsync())!));
    }

    [Fact]
    public async Task A_package_is_bought_and_given_back()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/packages");
        await page.Locator("summary").Filter(new() { HasText = "Buy" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = Buy() }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("bought");
        await Expect(page.Locator("article").First).ToContainTextAsync("1,000 min left of 1,000 min");
        await page.GetByRole(AriaRole.Button, new() { Name = "Give back" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("given back");
    }

    [Fact]
    public async Task Pay_as_you_go_is_switched_off_and_on_with_what_it_means()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/applications");
        await page.Locator("summary").Filter(new() { HasText = "Switch off" }).ClickAsync();
        await Expect(page.GetByText("the application is suspended")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Switch off" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("off from now");
        await page.Locator("summary").Filter(new() { HasText = "Switch on" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Switch on" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("on from now");
    }

    [Fact]
    public async Task A_department_sees_its_share_and_nothing_else()
    {
        (IPage page, _) = await school.SignInAsync(school.DepartmentKey);
        Assert.EndsWith("/accounts/school/cloud-usage", page.Url);
        await Expect(page.Locator("nav a[data-key]")).ToHaveCountAsync(1);
        Assert.DoesNotContain("Chemistry", await page.ContentAsync());
        foreach (string path in Pages.Of(school).Where(path => !path.Contains("cloud-usage", StringComparison.Ordinal) && path != "/login"))
        {
            Assert.Contains((await page.GotoAsync(path))!.Status, (int[])[403, 404]);
        }
    }

    [Fact]
    public async Task An_accounts_reader_changes_nothing()
    {
        (IPage page, _) = await school.SignInAsync(school.AccountKey);
        foreach (string path in (string[])["packages", "applications", "standing"])
        {
            await page.GotoAsync("/accounts/school/" + path);
            Assert.Equal(0, await page.Locator("main form[method=post]").CountAsync());
        }

        Assert.Equal(403, (await page.GotoAsync("/operations"))!.Status);
    }

    [Fact]
    public async Task It_speaks_Chinese()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/usage");
        await page.GetByRole(AriaRole.Button, new() { Name = "中文" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "用量", Exact = true })).ToBeVisibleAsync();
        Assert.Equal("zh-Hans", await page.Locator("html").GetAttributeAsync("lang"));
    }

    [Fact]
    public async Task It_can_be_read_without_scripts()
    {
        (IPage page, _) = await school.SignInAsync(options: new() { JavaScriptEnabled = false });
        await page.GotoAsync("/accounts/school/cloud-usage");
        await Expect(page.Locator(".bars .bar").First).ToBeVisibleAsync();
        await page.SelectOptionAsync("#department", "Physics");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
        Assert.Contains("department=Physics", page.Url);
        await Expect(page.Locator("figure tfoot")).ToContainTextAsync("110.0 h");
    }

    /// <summary>Until then the server's bars stand there, and no library is fetched.</summary>
    private static async Task LookCloserAsync(IPage page)
    {
        await page.Locator("figure .canvas").FocusAsync();
        await Expect(page.Locator("figure .canvas")).ToHaveAttributeAsync("data-drawn", "true");
    }

    [GeneratedRegex("application=math")]
    private static partial Regex Application();

    [GeneratedRegex("Why this amount ?: av,")]
    private static partial Regex Why();

    [GeneratedRegex("^Buy 1,000 minutes")]
    private static partial Regex Buy();
}

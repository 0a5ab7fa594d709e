using System.Text.RegularExpressions;
using Microsoft.Playwright;
using NodaTime;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Minutebook.Browser.Tests;

/// <summary>The usage page: what it lists, in which order, with which columns, and what changes under one's eyes.</summary>
[Collection(School.Name)]
public sealed partial class UsageTests(School school) : IAsyncLifetime
{
    private const string Rows = ".rows.wide tbody tr";

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => school.LeaveAsync();

    [Fact]
    public async Task Running_classes_tick_and_new_ones_are_counted_while_the_page_holds_still()
    {
        (IPage page, List<string> complaints) = await school.SignInAsync(options: new() { ViewportSize = new() { Width = 1600, Height = 900 } });
        await page.GotoAsync("/accounts/college/usage?period=today");
        await Expect(page.Locator("[data-live-state]")).ToHaveTextAsync("live");
        ILocator row = page.Locator(Rows).Filter(new() { HasText = "Lecture in the hall" });
        await Expect(row).ToContainTextAsync("live");
        string before = await Minutes(row);
        int rows = await page.Locator(Rows).CountAsync();

        await school.PassAsync(Duration.FromMinutes(1));
        await Expect(row.Locator("td.chief").Last).Not.ToHaveTextAsync(before);
        // 250 people for one minute more.
        Assert.Equal(Number(before) + 250, Number(await Minutes(row)));

        await school.TellAsync(
            ("class.started", school.Now, "late-1", new { application = "theory", name = "Late one" }),
            ("class.started", school.Now, "late-2", new { application = "theory", name = "Late two" }));
        ILocator notice = page.Locator("[data-new]");
        await Expect(notice).ToHaveTextAsync("2 new classes: show");
        await Expect(page.Locator(Rows)).ToHaveCountAsync(rows);

        await notice.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.Locator(Rows)).ToHaveCountAsync(rows + 2);
        await Expect(page.Locator(Rows).First).ToContainTextAsync("Late");
        await school.TellAsync(("class.ended", school.Now, "late-1", new { application = "theory" }), ("class.ended", school.Now, "late-2", new { application = "theory" }));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Newest_stand_first_and_one_pages_to_older_and_back()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/usage?period=custom&from=2026-11-02&to=2026-11-02");
        await Expect(page.Locator(Rows).First).ToContainTextAsync("Algebra 59");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Newer" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Link, new() { Name = "Older" }).ClickAsync();
        await Expect(page.Locator(Rows)).ToHaveCountAsync(10);
        await Expect(page.Locator(Rows).Last).ToContainTextAsync("Algebra 0");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Older" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Link, new() { Name = "Newer" }).ClickAsync();
        await Expect(page.Locator(Rows)).ToHaveCountAsync(50);
        await Expect(page.Locator(Rows).First).ToContainTextAsync("Algebra 59");
    }

    [Fact]
    public async Task Users_are_counted_once_each_when_somebody_asks()
    {
        (IPage page, List<string> complaints) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/usage?period=custom&from=2026-11-02&to=2026-11-02");
        ILocator figures = page.Locator(".figures > div");
        await Expect(figures.Filter(new() { HasText = "Attendances" })).ToContainTextAsync("120");
        await page.GetByRole(AriaRole.Link, new() { Name = "Count each user once" }).ClickAsync();
        // Ada and Ben, in sixty classes.
        await Expect(figures.Nth(4)).ToContainTextAsync("Users");
        await Expect(figures.Nth(4).Locator(".value")).ToHaveTextAsync("2");
        await page.GetByRole(AriaRole.Link, new() { Name = "Later" }).ClickAsync();
        await Expect(figures.Nth(4).Locator(".value")).ToHaveTextAsync("0");
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Every_column_sorts_and_says_so()
    {
        (IPage page, _) = await school.SignInAsync(options: new() { ViewportSize = new() { Width = 1600, Height = 900 } });
        await page.GotoAsync("/accounts/college/usage?period=today&columns=class,id,application,start,end,users,type,minutes,package,deducted,pay-as-you-go,free,uncovered,seconds");
        Assert.Equal(14, await page.Locator(".rows.wide thead th").CountAsync());
        for (int column = 0; column < 14; column++)
        {
            await page.Locator(".rows.wide thead th a").Nth(column).ClickAsync();
            await Expect(page.Locator(".rows.wide thead th").Nth(column)).ToHaveAttributeAsync("aria-sort", Direction());
            await Expect(page.Locator(Rows).First).ToBeVisibleAsync();
        }

        await page.GotoAsync("/accounts/college/usage?period=today&sort=pay-as-you-go&order=desc");
        await Expect(page.Locator(Rows).First).ToContainTextAsync("Lecture in the hall");
        await page.GotoAsync("/accounts/college/usage?period=today&sort=users&order=asc&users=1");
        await Expect(page.Locator(Rows).First).ToContainTextAsync("Seminar on gaps");
        await page.GotoAsync("/accounts/college/usage?period=today&sort=type&order=desc");
        await Expect(page.Locator(Rows).First).ToContainTextAsync("Playback");
        await page.GotoAsync("/accounts/college/usage?period=today&sort=type&order=asc");
        await Expect(page.Locator(Rows).First).ToContainTextAsync("Interactive class");
        await Expect(page.Locator(Rows).Last).ToContainTextAsync("Playback");
    }

    [Fact]
    public async Task Filters_and_columns_are_kept_in_the_address_and_in_the_file()
    {
        (IPage page, _) = await school.SignInAsync(options: new() { ViewportSize = new() { Width = 1600, Height = 900 } });
        await page.GotoAsync("/accounts/college/usage?period=today");
        await page.Locator("summary").Filter(new() { HasText = "Filter" }).ClickAsync();
        await page.FillAsync("#q", "GAPS");
        int asked = 0;
        page.Request += (_, request) => asked += request.IsNavigationRequest && request.Url.Contains("q=GAPS", StringComparison.Ordinal) ? 1 : 0;
        await page.Locator("#q").PressAsync("Enter");
        await page.WaitForURLAsync(url => url.Contains("q=GAPS", StringComparison.Ordinal));
        Assert.Equal(1, asked);
        // The class, and the viewing of its recording (rule 8.1).
        await Expect(page.Locator(Rows)).ToHaveCountAsync(2);
        await Expect(page.Locator(Rows).First).ToContainTextAsync("Playback");
        await page.SelectOptionAsync("#type", "interactive");
        await page.WaitForURLAsync(url => url.Contains("type=interactive", StringComparison.Ordinal));
        await Expect(page.Locator(Rows)).ToHaveCountAsync(1);

        await page.Locator("summary").Filter(new() { HasText = "Columns" }).ClickAsync();
        await page.GetByLabel("Class ID").UncheckAsync();
        await page.WaitForURLAsync(url => url.Contains("columns=", StringComparison.Ordinal));
        Assert.Contains("q=GAPS", page.Url);
        Assert.Equal(10, await page.Locator(".rows.wide thead th").CountAsync());

        IDownload download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download as CSV" }).ClickAsync());
        string[] lines = await File.ReadAllLinesAsync((await download.PathAsync())!);
        Assert.Equal("className,applicationName,start,end,userCount,usageType,minutes,packages,packageMinutes,payAsYouGoMinutes", lines[0]);
        // Ada 30 minutes and Ben 20; 10 free, which the classes of the day share in the order of their start.
        Assert.StartsWith("Seminar on gaps,Laboratories,2026-11-03T09:00:00Z,2026-11-03T09:30:00Z,2,Interactive class,50,", lines[1]);
        Assert.Equal(2, lines.Length);

        await page.GotoAsync("/accounts/college/usage?period=today&state=running&users=100");
        await Expect(page.Locator(Rows)).ToHaveCountAsync(1);
        await page.GotoAsync("/accounts/college/usage?period=today&paid=package");
        await Expect(page.GetByText("No class of this period is like that.")).ToBeVisibleAsync();
        // A user is no class; who looked for one here is led to where users are found.
        await page.GotoAsync("/accounts/college/usage?period=today&q=p007");
        await page.GetByRole(AriaRole.Link, new() { Name = "Look for “p007”" }).ClickAsync();
        await Expect(page.Locator("tbody tr").Filter(new() { HasText = "User" })).ToContainTextAsync("Lecture in the hall");
        await page.GotoAsync("/accounts/college/usage?period=today&paid=package");
        await page.GetByRole(AriaRole.Link, new() { Name = "Without filters" }).ClickAsync();
        await Expect(page.Locator(Rows).First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Other_services_have_their_own_details()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/college/usage?service=recording&period=today");
        await Expect(page.Locator(".figures > div").First).ToContainTextAsync("50 min");
        await Expect(page.Locator(".rows.cardlike tbody tr")).ToHaveCountAsync(2);
        await Expect(page.Locator(".rows.cardlike tbody tr").Filter(new() { HasText = "Camera" })).ToContainTextAsync("30 min");
        await page.GetByRole(AriaRole.Link, new() { Name = "Kind" }).ClickAsync();
        await Expect(page.Locator(".rows.cardlike thead th").Filter(new() { HasText = "Kind" })).ToHaveAttributeAsync("aria-sort", "ascending");
        await page.Locator(".rows.cardlike tbody a").First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Seminar on gaps" })).ToBeVisibleAsync();

        await page.GotoAsync("/accounts/school/usage?service=delivery&period=custom&from=2026-11-01&to=2026-11-30");
        await Expect(page.Locator(".rows.cardlike tbody tr").Filter(new() { HasText = "Chemistry" })).ToContainTextAsync("62.0 GB");
        IDownload download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download as CSV" }).ClickAsync());
        Assert.Contains("2026-11-02,math,vod-department,,Chemistry,false,62000000000,byte", await File.ReadAllTextAsync((await download.PathAsync())!));
    }

    [Fact]
    public async Task Dragging_over_bars_leads_to_their_days_and_a_day_shows_its_hours()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/usage?period=custom&from=2026-11-01&to=2026-11-14&application=math");
        ILocator canvas = page.Locator("figure#trend .canvas");
        await canvas.HoverAsync();
        await Expect(canvas).ToHaveAttributeAsync("data-drawn", "true");
        LocatorBoundingBoxResult box = (await canvas.BoundingBoxAsync())!;
        float At(double part) => (float)(box.X + box.Width * part);
        float y = box.Y + box.Height / 2;
        await page.Mouse.MoveAsync(At(0.2), y);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(At(0.4), y, new() { Steps = 5 });
        await page.Mouse.UpAsync();
        await page.WaitForURLAsync(url => url.Contains("period=custom", StringComparison.Ordinal) && !url.Contains("to=2026-11-14", StringComparison.Ordinal));
        Assert.Contains("application=math", page.Url);

        await page.GotoAsync("/accounts/school/usage?period=custom&from=2026-11-02&to=2026-11-02");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Usage by hour" })).ToBeVisibleAsync();
        await Expect(page.Locator("figure#trend tbody tr")).ToHaveCountAsync(24);
        await page.GotoAsync("/accounts/school/usage?period=custom&from=2026-01-01&to=2026-12-31");
        await Expect(page.Locator("figure#trend tbody tr")).ToHaveCountAsync(12);
    }

    [Fact]
    public async Task Who_is_at_a_day_of_the_table_by_the_keyboard_stays_there_when_its_figures_change()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/college/usage?period=7");
        await Expect(page.Locator("[data-live-state]")).ToHaveTextAsync("live");
        await page.Keyboard.PressAsync("t");
        ILocator today = page.Locator("#trend tbody tr[data-mark=now]");
        await today.GetByRole(AriaRole.Link).FocusAsync();
        ILocator total = today.Locator("td").Last;
        string before = await total.InnerTextAsync();
        await school.PassAsync(Duration.FromMinutes(1));
        await Expect(total).Not.ToHaveTextAsync(before);
        await Expect(today.GetByRole(AriaRole.Link)).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Back_on_a_page_its_filters_are_what_its_address_says()
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/college/usage?period=month");
        await page.SelectOptionAsync("#period", "7");
        await page.WaitForURLAsync(url => url.Contains("period=7", StringComparison.Ordinal));
        await page.GoBackAsync();
        await Expect(page.Locator("#period")).ToHaveValueAsync("month");
        await Expect(page.Locator("#from")).ToBeEnabledAsync();
        await page.GoForwardAsync();
        await Expect(page.Locator("#period")).ToHaveValueAsync("7");
    }

    [Fact]
    public async Task A_filter_that_is_chosen_before_the_script_has_come_acts_when_it_has()
    {
        (IPage page, _) = await school.SignInAsync();
        var chosen = new TaskCompletionSource();
        await page.RouteAsync(url => url.EndsWith("/console.js", StringComparison.Ordinal), async route =>
        {
            await chosen.Task;
            await route.ContinueAsync();
        });
        await page.GotoAsync("/accounts/college/usage?period=month", new() { WaitUntil = WaitUntilState.Commit });
        await page.SelectOptionAsync("#period", "7");
        chosen.SetResult();
        await page.WaitForURLAsync(url => url.Contains("period=7", StringComparison.Ordinal));
        await Expect(page.Locator("#period")).ToHaveValueAsync("7");
    }

    [Fact]
    public async Task All_columns_fit_a_desk_and_their_heads_stay_in_sight()
    {
        (IPage page, _) = await school.SignInAsync(options: new() { ViewportSize = new() { Width = 1440, Height = 900 } });
        await page.GotoAsync("/accounts/school/usage?period=custom&from=2026-11-02&to=2026-11-02");
        await Expect(page.Locator(Rows)).ToHaveCountAsync(50);
        await page.Locator(Rows).Last.ScrollIntoViewIfNeededAsync();
        await Expect(page.Locator(".rows.wide thead th").First).ToBeInViewportAsync();
        await Expect(page.Locator(".rows.wide thead th").Last).ToBeInViewportAsync(new() { Ratio = 1 });
    }

    [Theory]
    [InlineData("av", "How are billable durations calculated", "the list rounds each class up by itself")]
    [InlineData("delivery", "How is billable usage calculated", "What the events report is added up.")]
    public async Task What_is_billed_is_explained_as_the_service_is_counted_and_its_rates_round(string service, string title, string rule)
    {
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/school/usage?service=" + service);
        await page.GetByRole(AriaRole.Link, new() { Name = title }).ClickAsync();
        ILocator how = page.Locator("section[aria-labelledby=how]");
        await Expect(how).ToContainTextAsync(rule);
        await Expect(how.Locator("li").Filter(new() { HasText = $"{service} is rounded up" })).ToContainTextAsync("the total of the period once");
    }

    private static async Task<string> Minutes(ILocator row) => await row.Locator("td.chief").Last.InnerTextAsync();

    private static int Number(string text) => int.Parse(text.Replace(",", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("ascending|descending")]
    private static partial Regex Direction();
}

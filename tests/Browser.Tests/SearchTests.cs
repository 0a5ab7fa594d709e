using System.Text.Json;
using Microsoft.Playwright;
using Minutebook.Server;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Minutebook.Browser.Tests;

/// <summary>What happened to it; how the installation is; keys, languages, and how much a page weighs.</summary>
[Collection(School.Name)]
public sealed class SearchTests(School school) : IAsyncLifetime
{
    private const int MostBytes = 150_000;

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
        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Earlier and later period");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("u");
        await page.WaitForURLAsync(url => url.EndsWith("/usage", StringComparison.Ordinal));
        await page.Keyboard.PressAsync("[");
        await page.WaitForURLAsync(url => url.Contains("from=2026-10-01", StringComparison.Ordinal));
        await page.Keyboard.PressAsync("t");
        await Expect(page.Locator("figure details")).ToHaveAttributeAsync("open", "");
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("b");
        await page.WaitForURLAsync(url => url.EndsWith("/bills", StringComparison.Ordinal));
        await page.Keyboard.PressAsync("Control+k");
        await Expect(page.Locator("input[type=search]").First).ToBeFocusedAsync();
        Assert.Empty(complaints);
    }

    [Fact]
    public void All_languages_say_the_same_things()
    {
        Texts[] languages = [.. Texts.Languages];
        Assert.Contains(languages, language => language.Language == "zh-Hans");
        foreach (Texts language in languages)
        {
            Assert.Equal(languages[0].Keys.Order(StringComparer.Ordinal), language.Keys.Order(StringComparer.Ordinal));
            foreach (string key in language.Keys)
            {
                Assert.Equal(Placeholders(languages[0][key]), Placeholders(language[key]));
            }
        }
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh-Hans")]
    public async Task No_text_is_missing_on_any_page(string language)
    {
        (IPage page, _) = await school.SignInAsync();
        await page.Context.AddCookiesAsync([new() { Name = "minutebook-language", Value = language, Url = school.Address }]);
        foreach (string path in ConsoleTests.Pages)
        {
            await page.GotoAsync(path, new() { WaitUntil = WaitUntilState.DOMContentLoaded });
            string text = await page.Locator("body").InnerTextAsync();
            string[] keys = [.. Texts.Languages.First().Keys.Where(key => key.Contains('.', StringComparison.Ordinal) && text.Split().Contains(key))];
            Assert.True(keys.Length == 0, $"{path} shows {string.Join(", ", keys)}");
        }
    }

    [Fact]
    public async Task A_page_weighs_less_than_150_KB_without_the_chart_library()
    {
        (IPage page, _) = await school.SignInAsync();
        IBrowserContext context = page.Context;
        foreach (string path in ConsoleTests.Pages)
        {
            // A browser that has nothing yet.
            IPage fresh = await context.NewPageAsync();
            ICDPSession devtools = await context.NewCDPSessionAsync(fresh);
            await devtools.SendAsync("Network.enable");
            await devtools.SendAsync("Network.setCacheDisabled", new() { ["cacheDisabled"] = true });
            await fresh.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });
            await Expect(fresh.Locator("figure[data-chart] .canvas:not([data-drawn])")).ToHaveCountAsync(0);
            JsonElement sizes = await fresh.EvaluateAsync<JsonElement>(
                "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].filter(its => !its.name.endsWith('echarts.js')).map(its => its.transferSize)");
            int bytes = sizes.EnumerateArray().Sum(size => size.GetInt32());
            Assert.True(bytes is > 0 and < MostBytes, $"{path} transfers {bytes} bytes.");
            await fresh.CloseAsync();
        }
    }

    private static string Placeholders(string text) =>
        string.Concat(Enumerable.Range(0, 10).Where(number => text.Contains("{" + number + "}", StringComparison.Ordinal)));
}

using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Minutebook.Server;
using Xunit;

namespace Minutebook.Browser.Tests;

/// <summary>What holds on every page: it is accessible, light and dark; it fits its window; it is small; it speaks the reader's language.</summary>
[Collection(School.Name)]
public sealed partial class EveryPageTests(School school) : IAsyncLifetime
{
    private const int MostBytes = 150_000;

    private static readonly ViewportSize Desk = new() { Width = 1280, Height = 800 }, Telephone = new() { Width = 360, Height = 740 };

    /// <summary>The narrowest that has the rail at its side.</summary>
    private static readonly ViewportSize Tablet = new() { Width = 720, Height = 1024 };

    /// <summary>What 1,280 px are at 200 %.</summary>
    private static readonly ViewportSize TwiceAsLarge = new() { Width = 640, Height = 400 };

    // By how much, and what of it ends last.
    private const string Beyond = """
        (() => {
          const root = document.documentElement, by = root.scrollWidth - root.clientWidth;
          const isCut = its => its !== root && (getComputedStyle(its).overflowX !== 'visible' || isCut(its.parentElement));
          return by <= 0 ? null : by + ' px: ' + [...document.body.querySelectorAll('*')].filter(its => !isCut(its))
            .sort((a, b) => b.getBoundingClientRect().right - a.getBoundingClientRect().right)[0]?.outerHTML.slice(0, 160);
        })()
        """;

    private const string Jumped = """
        new Promise(done => {
          let sum = 0;
          new PerformanceObserver(list => list.getEntries().forEach(entry => sum += entry.value)).observe({ type: 'layout-shift', buffered: true });
          setTimeout(() => done(sum), 50);
        })
        """;

    private const string Transferred = """
        [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
          .filter(its => !its.name.endsWith('echarts.js')).reduce((sum, its) => sum + its.transferSize, 0)
        """;

    // What can be acted upon: whether the keyboard reaches it, in the order of the page, and shows that it did.
    private const string Unreached = """
        [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]')]
          .filter(its => its.checkVisibility() && !its.disabled && its.tabIndex !== -1)
          .filter(its => {
            its.focus({ focusVisible: true });
            const style = getComputedStyle(its);
            return document.activeElement !== its || its.tabIndex > 0 || style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2;
          })
          .map(its => its.outerHTML.slice(0, 120))
        """;

    private const string Said = """
        [...document.querySelectorAll('body *')].filter(its => !its.closest('[lang]:not(html), code, pre, script, style')).flatMap(its => [
          ...[...its.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.textContent.trim()),
          ...['aria-label', 'title', 'placeholder', 'data-name'].map(name => its.getAttribute(name)?.trim() ?? '')]).filter(text => text.length > 1)
        """;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => school.LeaveAsync();

    /// <summary>A person at a desk, 1,280 px: light, and the colours dark; then on a telephone's width, and at 200 %, by the keyboard.</summary>
    [Fact]
    public async Task Every_page_is_accessible_fits_is_small_is_reached_by_the_keyboard_and_nothing_jumps()
    {
        (IPage page, List<string> complaints) = await school.SignInAsync(options: new() { ViewportSize = Desk, ReducedMotion = ReducedMotion.Reduce });
        ICDPSession devtools = await page.Context.NewCDPSessionAsync(page);
        await devtools.SendAsync("Network.enable");
        await devtools.SendAsync("Network.setCacheDisabled", new() { ["cacheDisabled"] = true });
        List<string> found = [];
        foreach (string path in Pages.Of(school))
        {
            IResponse? response = await page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });
            Assert.Equal(Pages.Wrong.Contains(path) ? 404 : 200, response!.Status);
            found.AddRange(await BeyondAsync(page, path));
            double jumped = await page.EvaluateAsync<double>(Jumped);
            int bytes = await page.EvaluateAsync<int>(Transferred);
            found.AddRange(jumped < 0.01 ? [] : [$"{path} jumps by {jumped}."]);
            found.AddRange(bytes is > 0 and < MostBytes ? [] : [$"{path} transfers {bytes} bytes."]);
            found.AddRange(await AxeAsync(page, path));
            found.AddRange(await ContrastAsync(page, path, ColorScheme.Dark));
            foreach (ViewportSize size in (ViewportSize[])[Tablet, Telephone, TwiceAsLarge])
            {
                await page.SetViewportSizeAsync(size.Width, size.Height);
                found.AddRange(await BeyondAsync(page, path));
            }

            await page.EvaluateAsync("document.querySelectorAll('details').forEach(one => one.open = true)");
            found.AddRange(await BeyondAsync(page, path));
            found.AddRange((await page.EvaluateAsync<string[]>(Unreached)).Select(its => $"{path}: not by the keyboard: {its}"));
            await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
            await page.SetViewportSizeAsync(Desk.Width, Desk.Height);
        }

        Assert.True(found.Count == 0, string.Join('\n', found));
        // A browser says itself that a page was not found.
        Assert.DoesNotContain(complaints, complaint => !complaint.Contains("404", StringComparison.Ordinal));
    }

    /// <summary>Another on the way, 360 px: dark, and the colours light; then at a desk, where Chinese has to fit too.</summary>
    [Fact]
    public async Task Every_page_speaks_Chinese_and_no_English_beside_it_and_is_accessible_and_fits_in_the_dark_on_a_telephone()
    {
        (IPage page, _) = await school.SignInAsync(
            options: new() { Locale = "zh-CN", ColorScheme = ColorScheme.Dark, ViewportSize = Telephone, ReducedMotion = ReducedMotion.Reduce });
        Texts english = Texts.For("en", ""), chinese = Texts.For("zh-Hans", "");
        Regex untranslated = English(english, chinese);
        string[] keys = [.. english.Keys.Where(key => key.Contains('.', StringComparison.Ordinal))];
        List<string> found = [];
        foreach (string path in Pages.Of(school))
        {
            await page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });
            string[] texts = await page.EvaluateAsync<string[]>(Said);
            found.AddRange(texts.Where(text => untranslated.IsMatch(text) || keys.Contains(text)).Select(text => $"{path}: not Chinese: {text}"));
            found.AddRange(await BeyondAsync(page, path));
            found.AddRange(await AxeAsync(page, path));
            found.AddRange(await ContrastAsync(page, path, ColorScheme.Light));
            await page.SetViewportSizeAsync(Desk.Width, Desk.Height);
            found.AddRange(await BeyondAsync(page, path));
            await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
            await page.SetViewportSizeAsync(Telephone.Width, Telephone.Height);
        }

        Assert.True(found.Count == 0, string.Join('\n', found.Distinct()));
    }

    /// <summary>Who may do less sees other pages: the account's own reader, and a department's.</summary>
    [Fact]
    public async Task What_other_roles_see_is_as_accessible()
    {
        List<string> found = [];
        foreach ((string key, ColorScheme scheme, string[] paths) in Pages.OfRoles(school))
        {
            (IPage page, _) = await school.SignInAsync(key, new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
            foreach (string path in paths)
            {
                Assert.Equal(200, (await page.GotoAsync(path))!.Status);
                found.AddRange(await AxeAsync(page, path));
            }
        }

        Assert.True(found.Count == 0, string.Join('\n', found));
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

    [Fact]
    public async Task Who_is_not_let_in_is_told_why_in_a_page_as_accessible_as_the_others()
    {
        (IPage page, _) = await school.SignInAsync(school.AccountKey, new() { ColorScheme = ColorScheme.Dark });
        Assert.Equal(403, (await page.GotoAsync("/operations"))!.Status);
        List<string> found = await AxeAsync(page, "refused");
        await page.Context.ClearCookiesAsync();
        await page.GotoAsync("/accounts/school/usage?period=7");
        Assert.Contains("/login?to=", page.Url);
        await page.FillAsync("[name=key]", "mb_not-a-key");
        await page.ClickAsync("button.main");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        found.AddRange(await AxeAsync(page, "sign-in refused"));
        Assert.True(found.Count == 0, string.Join('\n', found));

        // And comes back to what was asked for.
        await page.FillAsync("[name=key]", school.IngestKey);
        await page.ClickAsync("button.main");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("posts events");
        await page.FillAsync("[name=key]", school.AccountKey);
        await page.ClickAsync("button.main");
        await page.WaitForURLAsync(url => url.EndsWith("/accounts/school/usage?period=7", StringComparison.Ordinal));
    }

    private static async Task<string[]> BeyondAsync(IPage page, string path)
    {
        // Once it has been drawn at that width.
        await page.EvaluateAsync("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        string? beyond = await page.EvaluateAsync<string?>(Beyond);
        return beyond is null ? [] : [$"{path} is wider than its window of {page.ViewportSize!.Width} px by {beyond}"];
    }

    /// <summary>With everything unfolded that can be.</summary>
    private static async Task<List<string>> AxeAsync(IPage page, string path)
    {
        await page.EvaluateAsync("document.querySelectorAll('details:not(.switch)').forEach(one => one.open = true)");
        await page.EvaluateAsync(Axe.Value);
        // The rule of WCAG 2.2 among axe's; the library has it off.
        return await RunAsync(page, path, "rules: { 'target-size': { enabled: true } }");
    }

    /// <summary>The same page in the other colours: nothing else of it changes with them.</summary>
    private static async Task<List<string>> ContrastAsync(IPage page, string path, ColorScheme scheme)
    {
        await page.EmulateMediaAsync(new() { ColorScheme = scheme });
        return await RunAsync(page, $"{path}, {scheme}", "runOnly: ['color-contrast', 'link-in-text-block']");
    }

    private static async Task<List<string>> RunAsync(IPage page, string path, string options)
    {
        JsonElement violations = await page.EvaluateAsync<JsonElement>($"axe.run({{ resultTypes: ['violations'], {options} }}).then(result => result.violations.map(one => `${{one.id}} ${{one.nodes[0].html}}`))");
        return [.. violations.EnumerateArray().Select(violation => $"{path}: {violation.GetString()}")];
    }

    private static readonly Lazy<string> Axe = new(() =>
    {
        using var file = new StreamReader(typeof(EveryPageTests).Assembly.GetManifestResourceStream("axe.js")!);
        return file.ReadToEnd();
    });

    /// <summary>English texts that are another in Chinese, whatever stands in their gaps; of a few letters one says nothing.</summary>
    private static Regex English(Texts english, Texts chinese) => new(
        "^(" + string.Join('|', english.Keys.Where(key => english[key] != chinese[key] && Letters().Count(english[key]) > 3)
            .Select(key => Gap().Replace(Regex.Escape(english[key]), ".+?"))) + ")$");

    private static string Placeholders(string text) =>
        string.Concat(Enumerable.Range(0, 10).Where(number => text.Contains("{" + number + "}", StringComparison.Ordinal)));

    [GeneratedRegex("[A-Za-z]")]
    private static partial Regex Letters();

    [GeneratedRegex(@"\\\{\d\}")]
    private static partial Regex Gap();
}

using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Minutebook.Server.Tests;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Minutebook.Browser.Tests;

/// <summary>The pages about the account itself, walked as a person would: standing, alerts, budgets, release, webhooks, keys, audit.</summary>
[Collection(School.Name)]
public sealed partial class AccountTests(School school) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => school.LeaveAsync();

    [Fact]
    public async Task A_key_is_shown_once_and_revoked()
    {
        await school.AccountAsync("keyed");
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/keyed/keys");
        await page.FillAsync("#name", "Finance <b>");
        await page.SelectOptionAsync("#role", "account");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make", Exact = true }).ClickAsync();
        string key = await page.Locator("code.secret").InnerTextAsync();
        using HttpClient reader = school.Served.With(key);
        Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync("/v1/accounts/keyed")).StatusCode);

        await page.GotoAsync("/accounts/keyed/keys");
        Assert.DoesNotContain(key, await page.ContentAsync());
        await Expect(page.Locator("tbody tr")).ToContainTextAsync("Finance <b>");
        await page.Locator("tbody summary").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke Finance" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("no longer valid");
        Assert.Equal(HttpStatusCode.Unauthorized, (await reader.GetAsync("/v1/accounts/keyed")).StatusCode);

        // A department's key needs a department.
        await page.FillAsync("#name", "Physics");
        await page.SelectOptionAsync("#role", "department");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Not made");
    }

    [Fact]
    public async Task What_is_sent_twice_is_done_once()
    {
        await school.AccountAsync("twice");
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/twice/keys");
        await page.FillAsync("#name", "Once");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make", Exact = true }).DblClickAsync();
        await Expect(page.Locator("code.secret")).ToBeVisibleAsync();
        await page.GotoAsync("/accounts/twice/keys");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task A_refusal_stands_at_the_field_that_it_is_about_and_the_rest_is_kept()
    {
        await school.AccountAsync("careful");
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/careful/standing");
        await RefusedAsync("amount", "the amount must be above 0", "Top up", ("amount", "0"), ("reference", "bank 7"));
        await Expect(page.Locator("#reference")).ToHaveValueAsync("bank 7");
        await page.FillAsync("#amount", "5.00");
        await page.GetByRole(AriaRole.Button, new() { Name = "Top up" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("added to the balance");
        await RefusedAsync("reference", "not one that another amount has", "Top up", ("amount", "6.00"), ("reference", "bank 7"));

        await page.GotoAsync("/accounts/careful/budgets");
        await RefusedAsync("thresholds", "from 1 to 1,000", "Save", ("budget", "Term"), ("amount", "9"), ("thresholds", "50, 0"));
        await page.GotoAsync("/accounts/careful/keys");
        await RefusedAsync("organization", "only a key of a department", "Make", ("name", "Reader"), ("organization", "Arts"));
        await page.GotoAsync("/accounts/careful/webhooks");
        await page.Locator("summary").Filter(new() { HasText = "Only some types" }).ClickAsync();
        await page.CheckAsync("[value='bill.issued']");
        await RefusedAsync("url", "closed address", "Add", ("url", "http://169.254.169.254/latest"));
        await Expect(page.Locator("[value='bill.issued']")).ToBeCheckedAsync();

        // One that is there is not changed by who adds another.
        await page.GotoAsync("/accounts/careful/applications");
        await page.Locator("summary").Filter(new() { HasText = "Add an application" }).ClickAsync();
        await RefusedAsync("new-id", "has an application with this ID", "Add an application", ("new-id", "careful-app"), ("new-name", "Another"));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Lessons careful-app" })).ToBeVisibleAsync();
        await page.GotoAsync("/accounts/careful/applications");
        await page.Locator("summary").Filter(new() { HasText = "Change settings" }).ClickAsync();
        await RefusedAsync("careful-app-name", "a name are needed", "Save Lessons", ("careful-app-name", " "), ("careful-app-edition", "trial"));
        await Expect(page.Locator("#careful-app-edition")).ToHaveValueAsync("trial");

        async Task RefusedAsync(string field, string why, string button, params (string Field, string Text)[] typed)
        {
            foreach ((string name, string text) in typed)
            {
                await page.FillAsync("#" + name, text);
            }

            await page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();
            await Expect(page.Locator($".field:has(#{field}) .fault")).ToContainTextAsync(why);
            await Expect(page.Locator("#" + field)).ToBeFocusedAsync();
            await Expect(page.Locator("#" + field)).ToHaveAccessibleDescriptionAsync(FaultText(why));
        }
    }

    [Fact]
    public async Task A_violation_is_declared_with_a_reason_and_the_webhook_tells_of_it()
    {
        await school.AccountAsync("doomed");
        await using Receiver receiver = await Receiver.StartAsync();
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/doomed/webhooks");
        await page.FillAsync("#url", "http://169.254.169.254/latest");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("closed address");
        await page.FillAsync("#url", receiver.Url);
        await page.Locator("summary").Filter(new() { HasText = "Only some types" }).ClickAsync();
        await page.CheckAsync("[value='account.terminated']");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        Assert.StartsWith("whsec_", await page.Locator("code.secret").InnerTextAsync());

        await page.GotoAsync("/accounts/doomed/standing");
        await page.Locator("summary").Filter(new() { HasText = "Terminate the account" }).ClickAsync();
        await page.FillAsync("#reason", "Resold classes");
        await page.FillAsync("#confirm", "another");
        await page.GetByRole(AriaRole.Button, new() { Name = "Terminate for good" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Not terminated");
        // What was refused need not be typed again, but for the id, which has to be meant.
        await Expect(page.Locator("#reason")).ToHaveValueAsync("Resold classes");
        await page.FillAsync("#confirm", "doomed");
        await page.GetByRole(AriaRole.Button, new() { Name = "Terminate for good" }).ClickAsync();
        await Expect(page.Locator(".steps .present")).ToContainTextAsync("Resold classes");
        await Expect(page.Locator(".steps .next")).ToContainTextAsync("Released");
        Assert.Contains("Resold classes", (await receiver.GetAsync(1))[0].Body);

        await page.GotoAsync("/accounts/doomed/webhooks");
        await page.GetByRole(AriaRole.Link, new() { Name = receiver.Url }).ClickAsync();
        await page.SelectOptionAsync("#state", "delivered");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Button, new() { NameRegex = SendAgain() }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("sent again");
        Receiver.Got[] got = await receiver.GetAsync(2);
        Assert.Equal(got[0].Id, got[1].Id);

        await page.Locator("summary").Filter(new() { HasText = "Another secret" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Another secret" }).ClickAsync();
        Assert.StartsWith("whsec_", await page.Locator("code.secret").InnerTextAsync());
        await page.Locator("summary").Filter(new() { HasText = "Delete" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.GetByText("No webhooks yet")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Terms_and_a_legal_hold_are_set_and_what_comes_is_foretold()
    {
        await school.AccountAsync("termed");
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/termed/standing");
        await Expect(page.GetByText("Nothing within 120 days.")).ToBeVisibleAsync();
        await page.Locator("summary").Filter(new() { HasText = "Change the terms" }).ClickAsync();
        await page.FillAsync("#grace", "48");
        await page.FillAsync("#hold", "30");
        await page.FillAsync("#credit", "12.50");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("hold from now");
        await Expect(page.Locator(".pairs").First).ToContainTextAsync("48 h");

        await school.Served.DoAsync(HttpMethod.Post, "/v1/accounts/termed/terminate", new { reason = "spam" });
        await page.ReloadAsync();
        await Expect(page.Locator("section[aria-labelledby=ahead]")).ToContainTextAsync("A warning: release in 7 days");
        await page.Locator("summary").Filter(new() { HasText = "Change the terms" }).ClickAsync();
        await page.CheckAsync("[name='legal-hold']");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("Nothing within 120 days.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_budget_is_saved_an_alert_is_seen_and_the_audit_says_by_whom()
    {
        await school.AccountAsync("watched");
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/watched/budgets");
        await page.FillAsync("#budget", "Term");
        await page.FillAsync("#amount", "250");
        await page.FillAsync("#thresholds", "90, 100");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.Locator("article")).ToContainTextAsync("$0.00 of $250.00, 0 %");
        await Expect(page.Locator("article")).ToContainTextAsync("Alerts at 90 %, 100 %.");

        await school.Served.DoAsync(HttpMethod.Post, "/v1/accounts/watched/terminate", new { reason = "spam" });
        await page.GotoAsync("/accounts/watched/alerts");
        await page.GetByRole(AriaRole.Button, new() { NameRegex = Seen() }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("marked as seen");
        await Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = Seen() })).ToHaveCountAsync(0);

        await page.GotoAsync("/accounts/watched/audit");
        await Expect(page.GetByText("The chain is unbroken")).ToBeVisibleAsync();
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("Alert seen");
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("administrator");
        ILocator saved = page.Locator("tbody tr").Filter(new() { HasText = "Budget saved" });
        await Expect(saved).ToContainTextAsync("Amount: $250.00");
        await Expect(saved).ToContainTextAsync("Alerts at: 90 %, 100 %");
    }

    [Fact]
    public async Task Orders_of_a_release_are_answered_on_its_certificate()
    {
        await school.AccountAsync("left");
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/left", new { terms = new { holdDays = 0 } });
        await school.Served.DoAsync(HttpMethod.Post, "/v1/accounts/left/terminate", new { reason = "spam" });
        (IPage page, _) = await school.SignInAsync();
        await page.GotoAsync("/accounts/left/standing");
        await page.GetByRole(AriaRole.Link, new() { Name = "Release" }).ClickAsync();
        await Expect(page.GetByText("0 of 3")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Done Recordings" }).ClickAsync();
        await Expect(page.GetByText("1 of 3")).ToBeVisibleAsync();
        await page.Locator("tbody tr").Nth(1).Locator("[name=detail]").FillAsync("The host is down");
        await page.GetByRole(AriaRole.Button, new() { Name = "Could not Configuration" }).ClickAsync();
        await Expect(page.Locator("tbody tr").Nth(1)).ToContainTextAsync("The host is down");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Done Recordings" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Who_reads_an_account_sees_its_alerts_and_audit_and_neither_its_keys_nor_where_they_are_sent()
    {
        (IPage page, _) = await school.SignInAsync(school.AccountKey);
        foreach (string path in (string[])["standing", "alerts", "budgets", "audit"])
        {
            Assert.Equal(200, (await page.GotoAsync("/accounts/school/" + path))!.Status);
            Assert.Equal(0, await page.Locator("main form[method=post]").CountAsync());
        }

        await Expect(page.Locator("nav.tabs a")).ToHaveCountAsync(4);
        Assert.Equal(403, (await page.GotoAsync("/accounts/school/keys"))!.Status);
        Assert.Equal(403, (await page.GotoAsync("/accounts/school/webhooks"))!.Status);
    }

    private static Regex FaultText(string why) => new(Regex.Escape(why));

    [GeneratedRegex("^Send again")]
    private static partial Regex SendAgain();

    [GeneratedRegex("^Mark as seen")]
    private static partial Regex Seen();
}

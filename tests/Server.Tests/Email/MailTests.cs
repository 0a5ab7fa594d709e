using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Store;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Email;

public sealed class MailTests
{
    private static readonly Instant Start = Instant.FromUtc(2027, 1, 1, 0, 0);
    private static readonly Retries Soon = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200), TimeSpan.FromMinutes(1));

    [Fact]
    public async Task An_alert_is_mailed_once_to_everybody_with_what_it_is_about()
    {
        await using var server = new SmtpServer();
        await using Served served = await ServeAsync(server);
        await TerminateAsync(served, "spam");

        string message = await MessageAsync(server);
        Assert.Contains("From: book@example.org", message);
        Assert.Contains("To: ops@example.org, finance@example.org", message);
        Assert.Contains("Subject: school: account terminated", message);
        Assert.Contains("Auto-Submitted: auto-generated", message);
        Assert.Matches("Message-ID: <msg_[a-z2-7]+@minutebook>", message);
        Assert.Contains("type: account.terminated", message);
        Assert.Contains("at: 2027-01-01T00:00:00Z", message);
        Assert.Contains("reason: spam", message);
        Assert.Contains("releaseAt: 2027-03-02T00:00:00Z", message);
        await Task.Delay(600);
        Assert.Empty(server.Messages);
    }

    [Fact]
    public async Task A_server_that_refuses_is_asked_again_and_one_that_is_silent_keeps_no_webhook_waiting()
    {
        await using var server = new SmtpServer { Answer = "451 later" };
        await using Receiver receiver = await Receiver.StartAsync();
        await using Served served = await ServeAsync(server);
        int webhooks = 0;
        await served.DoAsync(HttpMethod.Post, "/v1/webhooks", new { url = receiver.Url });
        server.IsSilent = true;
        await TerminateAsync(served, "first");
        await receiver.GetAsync(++webhooks);

        server.IsSilent = false;
        await TerminateAsync(served, "second", "college");
        await receiver.GetAsync(++webhooks);
        await WaitAsync(() => server.Said.Count(line => line == "DATA") >= 2);
        Assert.Empty(server.Messages);

        server.Answer = "250 taken";
        Assert.Contains("Subject: ", await MessageAsync(server));
    }

    [Theory]
    [InlineData("finance@example.org")]
    [InlineData("ops@example.org")]
    public async Task Who_has_a_mail_does_not_get_it_again_because_another_is_refused(string unknown)
    {
        await using var server = new SmtpServer { Unknown = unknown };
        await using Served served = await ServeAsync(server);
        await TerminateAsync(served, "spam");
        await MessageAsync(server);
        await WaitAsync(() => server.Said.Count(line => line.Contains(unknown, StringComparison.Ordinal)) >= 4);
        Assert.Empty(server.Messages);
        JsonElement delivery = (await served.GetAsync("/v1/webhooks/email/deliveries")).GetProperty("items")[0];
        Assert.Equal((550, "waiting"), (delivery.GetProperty("status").GetInt32(), delivery.GetProperty("state").GetString()));
        Assert.Contains(unknown, delivery.GetProperty("detail").GetString());

        server.Unknown = null;
        Assert.Contains($"To: {unknown}\n", await MessageAsync(server));
        await WaitAsync(() => served.GetAsync("/v1/webhooks/email/deliveries?state=delivered").Result.GetProperty("items").GetArrayLength() == 1);
        await served.DoAsync(HttpMethod.Post, $"/v1/webhooks/email/deliveries/{delivery.GetProperty("id").GetString()}/redeliver", new { });
        Assert.Contains("To: ops@example.org, finance@example.org", await MessageAsync(server));
    }

    [Fact]
    public async Task Who_has_a_mail_does_not_get_it_again_because_nobody_answered_the_last_time()
    {
        await using var server = new SmtpServer { Unknown = "finance@example.org" };
        await using Served served = await ServeAsync(server);
        await TerminateAsync(served, "spam");
        await MessageAsync(server);
        await WaitAsync(() => server.Said.Count(line => line.Contains("finance@", StringComparison.Ordinal)) >= 2);
        server.HangsUp = true;
        int before = server.HungUp;
        await WaitAsync(() => server.HungUp >= before + 2);
        server.Unknown = null;
        server.HangsUp = false;
        Assert.Contains("To: finance@example.org\n", await MessageAsync(server));
    }

    [Fact]
    public async Task An_account_that_cannot_be_read_keeps_nobody_elses_alerts_waiting()
    {
        await using var server = new SmtpServer();
        await using Receiver receiver = await Receiver.StartAsync();
        await using Served served = await ServeAsync(server);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/bad", new { name = "Bad", currency = "USD", timeZone = "UTC" });
        await served.DoAsync(HttpMethod.Post, "/v1/webhooks", new { url = receiver.Url });
        await ChangeAsync(served, "bad", static row => row with { State = "null"u8.ToArray() });

        await receiver.GetAsync(1);
        Assert.Contains("Subject: bad: account terminated", await MessageAsync(server));
        await TerminateAsync(served, "spam");
        await receiver.GetAsync(2);
        Assert.Contains("Subject: school: account terminated", await MessageAsync(server));
    }

    [Fact]
    public async Task An_alert_that_cannot_be_told_keeps_no_other_waiting()
    {
        await using var server = new SmtpServer();
        await using Receiver receiver = await Receiver.StartAsync();
        await using Served served = await ServeAsync(server);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/bad", new { name = "Bad", currency = "USD", timeZone = "UTC" });
        await served.DoAsync(HttpMethod.Post, "/v1/webhooks", new { url = receiver.Url });
        await ChangeAsync(served, "bad", static row => row, data: "{");

        await TerminateAsync(served, "spam");
        await receiver.GetAsync(1);
        Assert.Contains("Subject: school: account terminated", await MessageAsync(server));
    }

    [Fact]
    public async Task An_address_of_long_ago_that_cannot_be_mailed_is_named_and_keeps_nobody_else_waiting()
    {
        await using var server = new SmtpServer();
        await using Served served = await ServeAsync(server);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/bad", new { name = "Bad", currency = "USD", timeZone = "UTC", alertEmails = (string[])["jvrgen@b.example", "dean@b.example"] });
        await ChangeAsync(
            served, "bad", static row => row with { State = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(row.State).Replace("jvrgen", "jürgen", StringComparison.Ordinal)) });

        string[] both = [await MessageAsync(server), await MessageAsync(server)];
        Assert.Single(both, message => message.Contains("To: dean@b.example\n", StringComparison.Ordinal));
        JsonElement delivery = default;
        await WaitAsync(() => (delivery = served.GetAsync("/v1/webhooks/email-accounts/deliveries").Result.GetProperty("items")[0]).GetProperty("state").GetString() == "delivered");
        Assert.Equal("Cannot be mailed to: jürgen@b.example.", delivery.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Whom_a_server_refuses_by_the_ASCII_form_of_a_domain_is_asked_for_again()
    {
        await using var server = new SmtpServer { Unknown = "dean@xn--bcher-kva.example" };
        await using Served served = await ServeAsync(server);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC", alertEmails = (string[])["dean@bücher.example"] });
        await TerminateAsync(served, "spam");
        await MessageAsync(server);
        await WaitAsync(() => server.Said.Count(line => line.Contains(server.Unknown, StringComparison.Ordinal)) >= 3);

        server.Unknown = null;
        await MessageAsync(server);
    }

    [Fact]
    public async Task Without_TLS_nothing_is_said_where_TLS_is_asked_for()
    {
        await using var server = new SmtpServer();
        await using Served served = await ServeAsync(server, tls: true);
        await TerminateAsync(served, "spam");

        await WaitAsync(() => server.Said.Any(line => line.StartsWith("EHLO", StringComparison.Ordinal)));
        await Task.Delay(300);
        Assert.DoesNotContain(server.Said, line => line.StartsWith("MAIL", StringComparison.Ordinal) || line.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_accounts_own_addresses_are_told_of_its_alerts_and_of_nobody_elses_and_see_no_other_address()
    {
        await using var server = new SmtpServer();
        await using Served served = await ServeAsync(server);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC", alertEmails = (string[])["dean@school.example"] });
        await TerminateAsync(served, "theirs", "college");
        Assert.Contains("To: ops@example.org, finance@example.org", await MessageAsync(server));
        await TerminateAsync(served, "ours");

        string[] both = [await MessageAsync(server), await MessageAsync(server)];
        string own = Assert.Single(both, message => message.Contains("To: dean@school.example\n", StringComparison.Ordinal));
        Assert.Contains("Subject: school: account terminated", own);
        Assert.DoesNotContain("example.org,", own);
        Assert.DoesNotContain("dean@school.example", Assert.Single(both, message => message != own));
        await Task.Delay(600);
        Assert.Empty(server.Messages);
        JsonElement sent = (await served.GetAsync("/v1/webhooks/email-accounts/deliveries")).GetProperty("items");
        Assert.Equal("delivered", Assert.Single(sent.EnumerateArray()).GetProperty("state").GetString());
        Assert.Equal(2, (await served.GetAsync("/v1/webhooks/email/deliveries")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Addresses_stay_until_others_are_given_and_only_addresses_are_taken()
    {
        await using Served served = await Served.StartAsync(Start);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC", alertEmails = (string[])["a@b.example", "c@d.example"] });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { creditLimit = "5" });
        Assert.Equal("""["a@b.example","c@d.example"]""", (await served.GetAsync("/v1/accounts/school")).GetProperty("alertEmails").ToString());
        JsonElement first = (await served.GetAsync("/v1/audit?account=school")).GetProperty("items")[1];
        Assert.Equal("""["a@b.example","c@d.example"]""", first.GetProperty("after").GetProperty("alertEmails").ToString());

        foreach (string wrong in (string[])["nobody", "Dean <dean@school.example>", "a@b.example\r\nBcc: x@y.example", "a b@c.example", "a@b.example,c@d.example", "jürgen@b.example", ""])
        {
            JsonElement problem = await Served.ProblemAsync(await served.PutAsync("/v1/accounts/school", new { alertEmails = (string[])["a@b.example", wrong] }), 400, "invalid-request");
            Assert.Equal(["/alertEmails/1"], Served.Pointers(problem));
        }

        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { alertEmails = Array.Empty<string>() });
        Assert.Equal("[]", (await served.GetAsync("/v1/accounts/school")).GetProperty("alertEmails").ToString());
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("HOST=mail;FROM=a@b.example;TO=c@d.example", "")]
    [InlineData("HOST=mail;FROM=a@b.example;TO=c@d.example,e@f.example;PORT=25;TLS=none;USER=u;PASSWORD=p;TYPES=account.overdue, bill.issued", "")]
    [InlineData("HOST=mail;TO=c@d.example", "FROM")]
    [InlineData("HOST=mail;FROM=a@b.example", "")]
    [InlineData("HOST=mail;FROM=a@b.example;TO=Operators <c@d.example>", "")]
    [InlineData("HOST=mail;FROM=a@b.example;TO=nobody", "TO")]
    [InlineData("HOST=mail;FROM=a@b.example;TO=jürgen@b.example", "ASCII before the @")]
    [InlineData("HOST=mail;FROM=jürgen@b.example;TO=c@d.example", "ASCII before the @")]
    [InlineData("HOST=mail;FROM=nobody;TO=c@d.example", "FROM")]
    [InlineData("HOST=mail;FROM=a@b.example;TO=c@d.example;PORT=0", "PORT")]
    [InlineData("HOST=mail;FROM=a@b.example;TO=c@d.example;TLS=maybe", "TLS")]
    [InlineData("HOST=mail;FROM=a@b.example;TO=c@d.example;TYPES=everything", "TYPES")]
    public void Settings_that_cannot_be_are_refused_at_the_start(string settings, string? wrong)
    {
        Dictionary<string, string> variables = settings.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('=')).ToDictionary(one => one[0], one => one[1]);
        MailSettings? Read() => MailSettings.Of(variables.GetValueOrDefault);
        if (wrong is null)
        {
            Assert.Null(Read());
        }
        else if (wrong.Length > 0)
        {
            Assert.Contains(wrong, Assert.Throws<FormatException>(Read).Message);
        }
        else
        {
            Assert.Equal("mail", Read()!.Host);
        }
    }

    private static Task<Served> ServeAsync(SmtpServer server, bool tls = false) => Served.StartAsync(Start, null, options => options with
    {
        Retries = Soon,
        WebhooksAllow = "127.0.0.0/8",
        Mail = new MailSettings("127.0.0.1", server.Port, tls, null, "book@example.org", ["ops@example.org", "finance@example.org"], []),
    });

    private static async Task TerminateAsync(Served served, string reason, string account = "school")
    {
        await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{account}", new { name = "School", currency = "USD", timeZone = "UTC" });
        await served.DoAsync(HttpMethod.Post, $"/v1/accounts/{account}/terminate", new { reason });
    }

    /// <summary>Starts it again on a store in which an account is otherwise, and told of once more.</summary>
    private static async Task ChangeAsync(Served served, string account, Func<AccountRow, AccountRow> change, string data = "{}")
    {
        await served.StopAsync();
        using (Store.Store store = Store.Store.Open(new StoreOptions { Directory = served.Data, Postgres = Testing.TestStore.PostgresOf(served.Data) }))
        {
            int shard = store.ShardOf(account);
            Assert.True(SpinWait.SpinUntil(() => store.TryHold(shard), 30_000));
            (long position, long time) = store.PositionOf(shard);
            var changes = new Changes();
            using (Reader read = store.Read())
            {
                changes.Accounts.Add(change(read.Account(account)!.Value));
            }

            changes.Alerts.Add(new AlertRow(account, 1, AlertType.AccountTerminated, Start.ToUnixTimeMilliseconds(), null, "a test", data));
            store.Write(shard, changes, position, time);
            store.Release(shard);
        }

        await served.InitializeAsync();
    }

    private static async Task<string> MessageAsync(SmtpServer server)
    {
        string? message = null;
        await WaitAsync(() => server.Messages.TryDequeue(out message));
        // Quoted-printable: long lines are folded, and line ends are written out.
        return message!.Replace("=\n", "", StringComparison.Ordinal).Replace("=0D=0A", "\n", StringComparison.Ordinal);
    }

    private static async Task WaitAsync(Func<bool> isSo)
    {
        for (int i = 0; !isSo(); i++)
        {
            Assert.True(i < 600, "It did not happen within 30 seconds.");
            await Task.Delay(50);
        }
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using NodaTime;
using Calendar = Minutebook.Core.Metering.Calendar;

namespace Minutebook.Server;

/// <summary>What one account used this month, its latest bill, and what came in.</summary>
internal static class Overview
{
    private const int MostAccounts = 200;

    // Long enough back for the last monthly bill.
    private const int BillDays = 62;

    public static IResult Of(Call call, Pace pace, string? formToken)
    {
        using Store.Reader read = call.Engine.Store.Read();
        AccountState[] accounts = call.Caller.Account is { } own
            ? [.. new[] { read.State(own) }.OfType<AccountState>()]
            : [.. read.AccountsAfter("", MostAccounts).Select(Reads.State)];
        var html = new StringBuilder("<h1>Minutebook</h1>");
        html.Append($"<p>{JsonText.Of(call.Engine.Now)}{(call.Engine.IsSandbox ? " (sandbox)" : "")}")
            .Append($" · {pace.Total:N0} events accepted since the start")
            .Append($" · {pace.Busiest():N0} a second in the last minute's busiest · <a href=\"/openapi/v1.json\">API</a></p>");
        if (formToken is not null)
        {
            html.Append($"<form method=\"post\" action=\"{SignIn.Out}\"><input type=\"hidden\" name=\"token\" value=\"{Html.Text(formToken)}\">")
                .Append("<button>Sign out</button></form>");
        }

        string? asked = call.Query("account");
        AccountState? account = asked is null ? accounts.FirstOrDefault() : read.State(asked);
        if (account is null)
        {
            html.Append("<p>There is no account yet.</p>");
            return new Html("Minutebook", html.ToString());
        }

        html.Append("<p>").AppendJoin(" · ", accounts.Select(Link)).Append("</p>");
        Head(html, account);
        Month(html, read, account, call.Engine.Now);
        Bill(html, read, account, call.Engine.Now);
        return new Html("Minutebook: " + account.Name, html.ToString());
    }

    private static string Link(AccountState account) =>
        $"<a href=\"/?account={Uri.EscapeDataString(account.Id)}\">{Html.Text(account.Name)}</a>";

    private static void Head(StringBuilder html, AccountState account)
    {
        Counters counters = account.Counters;
        string aside = string.Join(", ", counters.SetAside.Where(reason => reason.Value > 0).Select(reason => $"{reason.Value:N0} {reason.Key}"));
        html.Append($"<h2>{Html.Text(account.Name)}</h2><table>")
            .Append(Row("Account", $"{account.Id}, {account.Currency}, {account.TimeZone}"))
            .Append(Row("Balance", $"{account.Balance} {account.Currency}"))
            .Append(Row("Events", $"{counters.Events:N0}"))
            .Append(Row("Duplicates", $"{counters.Duplicates:N0}, of which {counters.Conflicts:N0} with another content"))
            .Append(Row("Voided", $"{counters.Voided:N0}"))
            .Append(Row("Set aside", aside.Length == 0 ? "none" : aside))
            .Append("</table>");
    }

    private static string Row(string name, string value) => $"<tr><th>{Html.Text(name)}</th><td>{Html.Text(value)}</td></tr>";

    private static void Month(StringBuilder html, Store.Reader read, AccountState account, Instant now)
    {
        var calendar = new Calendar(account.TimeZone);
        LocalDate today = calendar.DateOf(now);
        var first = new LocalDate(today.Year, today.Month, 1);
        var range = new Range(
            Instant.FromUnixTimeSeconds(calendar.StartOf(first)), Instant.FromUnixTimeSeconds(calendar.StartOf(first.PlusMonths(1))));
        foreach (Meter meter in Meter.All)
        {
            IReadOnlyList<UsageFigure> days = new UsageQuery(meter, range, Granularity.Day, [], calendar).Figures(
                read.Usage(account.Id, meter.Name, range.FromSecond, range.ToSecond, application: null),
                read.Open(account.Id, meter.Name, application: null),
                now.ToUnixTimeSeconds());
            if (days.Count > 0)
            {
                Bars(html, $"{meter.Name}, {first.ToString("MMMM uuuu", CultureInfo.InvariantCulture)}", meter.Unit, days, calendar);
            }
        }
    }

    private static void Bars(StringBuilder html, string title, string unit, IReadOnlyList<UsageFigure> days, Calendar calendar)
    {
        double most = (double)days.Max(day => day.Quantity);
        html.Append($"<h2>{Html.Text(title)}</h2><table>");
        foreach (UsageFigure day in days)
        {
            string share = ((double)day.Quantity / most).ToString("0.####", CultureInfo.InvariantCulture);
            html.Append($"<tr><th>{JsonText.Of(calendar.DateOf(day.Start))}</th><td><meter value=\"{share}\">{share}</meter></td>")
                .Append($"<td class=\"n\">{Html.Text(Quantity(day.Quantity, unit))}</td></tr>");
        }

        html.Append("</table>");
    }

    private static string Quantity(Int128 quantity, string unit) => unit switch
    {
        "second" => $"{(quantity + 59) / 60:N0} min",
        "byte" => $"{(double)quantity / 1e9:N2} GB",
        _ => $"{quantity:N0} {unit}",
    };

    private static void Bill(StringBuilder html, Store.Reader read, AccountState account, Instant now)
    {
        string from = JsonText.Of(new Calendar(account.TimeZone).DateOf(now).PlusDays(-BillDays));
        BillRow latest = read.Bills(account.Id, kind: null, from, toIso: null, after: null, limit: 1000).OrderByDescending(bill => bill.IssuedAt).FirstOrDefault();
        if (latest.Json is null)
        {
            return;
        }

        using var document = JsonDocument.Parse(latest.Json);
        JsonElement bill = document.RootElement;
        html.Append($"<h2>Bill {Html.Text(latest.Number)}: {Html.Text(latest.Total)} {account.Currency}</h2><table>")
            .Append("<tr><th>Application</th><th>Rate</th><th class=\"n\">Quantity</th><th class=\"n\">Units</th><th class=\"n\">Free</th>")
            .Append("<th class=\"n\">Price</th><th class=\"n\">Per</th><th class=\"n\">Amount</th></tr>");
        foreach (JsonElement line in bill.GetProperty("lines").EnumerateArray())
        {
            html.Append($"<tr><td>{Field(line, "application")}</td><td>{Field(line, "rate")}</td>");
            foreach (string name in (string[])["quantity", "units", "freeUnits", "price", "per", "amount"])
            {
                html.Append($"<td class=\"n\">{Field(line, name)}</td>");
            }

            html.Append("</tr>");
        }

        html.Append("</table>");
    }

    private static string Field(JsonElement line, string name) =>
        line.TryGetProperty(name, out JsonElement value) ? Html.Text(value.ToString()) : "";
}

using System.CommandLine;
using System.Text.Json;

namespace Minutebook.Cli;

/// <summary><c>minutebook usage ACCOUNT</c></summary>
internal static class Usage
{
    public static Command Command()
    {
        Argument<string> account = new("account") { Description = "Whose usage", HelpName = "ACCOUNT" };
        Option<string> meter = new("--meter") { Description = "av, recording, delivery, playback, whiteboard, …", HelpName = "METER", DefaultValueFactory = _ => "av" };
        Option<string?> from = new("--from") { Description = "First instant or local date (30 days ago)", HelpName = "FROM" };
        Option<string?> to = new("--to") { Description = "Instant or local date after the last (tomorrow)", HelpName = "TO" };
        Option<string> granularity = new("--granularity") { Description = "How finely to divide the range", DefaultValueFactory = _ => "day" };
        granularity.AcceptOnlyFromAmong("hour", "day", "month", "total");
        Option<string?> groupBy = new("--group-by") { Description = "application, or the meter's dimensions, by comma", HelpName = "NAMES" };
        Option<string?> application = new("--application") { Description = "Of this application alone", HelpName = "APPLICATION" };
        Option<bool> json = new("--json") { Description = "Exact quantities, for programs" };
        Connection connection = new();
        Command command = new("usage", "Show the usage of an account by hour, day or month.")
        {
            account, meter, from, to, granularity, groupBy, application, json,
        };
        command.SetAction(async (parsed, stop) =>
        {
            UsageQuery query = new(
                parsed.GetValue(account)!,
                parsed.GetValue(meter)!,
                parsed.GetValue(from) ?? Day(-30),
                parsed.GetValue(to) ?? Day(1),
                parsed.GetValue(granularity)!,
                parsed.GetValue(groupBy),
                parsed.GetValue(application));
            using Client client = connection.Open(parsed);
            return await ShowAsync(client, query, parsed.GetValue(json), stop);
        });
        return connection.AddTo(command);
    }

    private static async Task<int> ShowAsync(Client client, UsageQuery query, bool asJson, CancellationToken stop)
    {
        UsageFigures figures = await UsageFigures.ReadAsync(client, query, stop);
        if (asJson)
        {
            Terminal.WriteJson(figures.ToJson());
            return ExitCode.Ok;
        }

        figures.WriteTo(Terminal.Out);
        return ExitCode.Ok;
    }

    private static string Day(int offset) => DateTime.UtcNow.AddDays(offset).ToString("yyyy-MM-dd");
}

/// <summary>What to ask of <c>GET /v1/accounts/{account}/usage</c>.</summary>
internal sealed record UsageQuery(string Account, string Meter, string From, string To, string Granularity, string? GroupBy, string? Application)
{
    public string Path()
    {
        string path = $"/v1/accounts/{Escape(Account)}/usage?meter={Escape(Meter)}&from={Escape(From)}&to={Escape(To)}&granularity={Granularity}";
        path += GroupBy is null ? "" : $"&groupBy={Escape(GroupBy)}";
        return path + (Application is null ? "" : $"&application={Escape(Application)}");
    }

    private static string Escape(string text) => Uri.EscapeDataString(text);
}

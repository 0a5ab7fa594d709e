using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Minutebook.Core.Accounts;

namespace Minutebook.Core;

public sealed partial class Book
{
    /// <summary>What a command is about, as it is now, for the audit; null when there is nothing yet. Only what commands and closes
    /// change stands in it: what is measured depends on when somebody looks.</summary>
    public JsonObject? Shown(Command command) => command switch
    {
        Command.PutSection its => sections.TryGetValue(its.Section, out Section section)
            ? new JsonObject { ["course"] = section.Course, ["organization"] = section.Organization, ["department"] = section.Department }
            : null,
        Command.PutApplication its => State.Applications.Find(one => one.Id == its.Application) is { } application
            ? JsonSerializer.SerializeToNode(application.Settings with { From = 0 }, AccountState.Json)!.AsObject()
            : null,
        Command.PutConnector its => State.Applications.Find(one => one.Id == its.Application)?.Connectors.GetValueOrDefault(its.Connector) is { } closed
            ? new JsonObject { ["configuration"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(closed)).AsSpan(0, 8)) }
            : null,
        _ => ShownSettings(),
    };

    private JsonObject ShownSettings() => new()
    {
        ["name"] = State.Name,
        ["currency"] = State.Currency,
        ["timeZone"] = State.TimeZone,
        ["rateCard"] = State.RateCard,
        ["settleDelayMinutes"] = State.SettleDelayMinutes,
        ["creditLimit"] = State.CreditLimit,
        ["lateDays"] = State.LateDays,
        ["usageHourBytes"] = State.UsageHourBytes,
        ["categorizedSince"] = State.CategorizedSince,
        ["graceHours"] = State.GraceHours,
        ["holdDays"] = State.HoldDays,
        ["legalHold"] = State.LegalHold,
        ["alertEmails"] = JsonSerializer.SerializeToNode(State.AlertEmails, AccountState.Json),
        ["balance"] = State.Balance,
    };
}

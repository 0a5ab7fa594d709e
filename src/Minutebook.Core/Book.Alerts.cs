using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using NodaTime.Text;

namespace Minutebook.Core;

public sealed partial class Book
{
    private readonly HashSet<long> acknowledged = [];

    /// <summary>Restores that an alert was seen.</summary>
    public void Restore(in AcknowledgementRow row) => acknowledged.Add(row.Index);

    /// <summary>Raises an alert (rule 7.7). Whoever calls it has made sure that the cause had none yet.</summary>
    /// <param name="type">One of <see cref="AlertType"/>.</param>
    /// <param name="at">The instant that the rules give it, in ms.</param>
    /// <param name="application">The application that it is about; null for the account.</param>
    /// <param name="cause">What brought it about, in a few words.</param>
    /// <param name="data">What there is beyond that; it becomes JSON.</param>
    private void Raise<T>(string type, long at, string? application, string cause, T data)
    {
        accountChanged = true;
        pending.Alerts.Add(new AlertRow(
            State.Id, ++State.Alerts, type, at, application, cause, JsonSerializer.Serialize(data, AlertJson)));
    }

    private void RaiseIssued(Bill bill) => Raise(
        AlertType.BillIssued, Now, null, $"bill {bill.Number}", new
        {
            Bill = bill.Number,
            Kind = bill.Period.BillKind,
            PeriodStart = LocalDatePattern.Iso.Format(bill.Period.Start),
            PeriodEnd = LocalDatePattern.Iso.Format(bill.Period.End),
            Total = bill.Total.ToMinorString(bill.Currency.MinorDigits),
            Currency = bill.Currency.Code,
        });

    private Outcome Acknowledge(Command.AcknowledgeAlert command)
    {
        if (command.Index < 1 || command.Index > State.Alerts)
        {
            return Outcome.Refused(Refusal.NotFound, $"There is no alert {command.Index} in {State.Id}.");
        }

        if (acknowledged.Add(command.Index))
        {
            pending.Acknowledgements.Add(new AcknowledgementRow(State.Id, command.Index, Now));
        }

        return new Outcome(null);
    }

    private static JsonSerializerOptions AlertJson { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All),
    };
}

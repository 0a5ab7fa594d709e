using Minutebook.Core.Accounts;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Metering;
using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using NodaTime;

namespace Minutebook.Core.Tests.Accounts;

/// <summary>An account in Shanghai with one application on the public card, created on 23 April 2027; a recording costs it 7.00 USD a thousand minutes.</summary>
internal sealed class School
{
    public const string App = "app";
    private readonly Story story = new();
    private int events;
    private Permits permits;

    public School(Command.PutAccount? command = null, RateCards? cards = null)
    {
        command ??= new Command.PutAccount("account", "School", "USD", "Asia/Shanghai");
        Desk = new Desk(new ReferenceAccount("Asia/Shanghai"), Ms("2027-04-23T01:00:00Z"), cards, command);
        Desk.Put(Ms("2027-04-23T01:00:00Z"), App, new ReferenceSettings());
        permits = Desk.Book.TakePermits()!;
    }

    public Desk Desk { get; }

    public AccountState State => Desk.Book.State;

    public string Standing => State.Standing.Kind.ToString().ToLowerInvariant();

    /// <summary>The standings one after the other, each with its instant and cause.</summary>
    public string[] Timeline => [.. State.Timeline.Select(change => $"{Text(change.At)} {change.Standing.ToString().ToLowerInvariant()}: {change.Cause}")];

    public (string Standing, string At)? Next => StandingRules.Coming(State.Standing, State.Terms) is { } next
        ? (next.Standing.ToString().ToLowerInvariant(), Text(next.At)) : null;

    /// <summary>The alerts but those of bills, each with its instant.</summary>
    public string[] Alerts
    {
        get
        {
            Desk.Flush();
            return [.. Desk.Tables.Alerts.Values.Where(alert => alert.Type != AlertType.BillIssued).Select(alert => $"{Text(alert.At)} {alert.Type}")];
        }
    }

    public static long Ms(string instant) => Story.Ms(instant);

    public static string Text(long ms) => NodaTime.Text.InstantPattern.ExtendedIso.Format(Instant.FromUnixTimeMilliseconds(ms));

    public School At(string instant)
    {
        Desk.AdvanceTo(Ms(instant));
        return this;
    }

    public School Order(string instant, Command command)
    {
        Desk.Order(command, Ms(instant));
        return this;
    }

    public School Pay(string instant, string amount) => Order(instant, new Command.TopUp("account", amount, "USD", $"t{++events}"));

    /// <summary>A recording, which the bill of its day charges.</summary>
    public School Record(string instant, int minutes) => Tell("recording.completed", instant, "recorded", @event => @event with
    {
        Recording = "r",
        Files = [new("camera", minutes * 60)],
    });

    public School Tell(string type, string instant, string @class, Func<ReferenceEvent, ReferenceEvent>? with = null, string? arrives = null)
    {
        ReferenceEvent @event = story.New(type, instant, $"e{++events}") with { Subject = @class, User = type.StartsWith("participant", StringComparison.Ordinal) ? "u1" : null };
        Desk.Send(Ms(arrives ?? instant), with?.Invoke(@event) ?? @event);
        return this;
    }

    /// <summary>What is answered at the instant to which its time has come.</summary>
    public string Ask(string action, string? @class = null, string application = App)
    {
        permits = Desk.Book.TakePermits() ?? permits;
        AskedAction asked = action switch { "class.create" => AskedAction.CreateClass, "class.join" => AskedAction.JoinClass, _ => AskedAction.ReadRecording };
        Decision decision = permits.Decide(permits.Applications[application], asked, @class, Desk.Book.Now);
        return decision.Allow ? "yes" : $"no: {decision.Reason}";
    }
}

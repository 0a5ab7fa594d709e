using System.Text;
using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Metering;
using Minutebook.Core.Units;
using Minutebook.Reference;
using Minutebook.Reference.Standing;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Accounts;

/// <summary>
/// Standing, suspension, alerts and decisions on random histories, against brute force that walks through every minute, and through every
/// second while a class runs: the same instants, every alert once, the same tables however the work was cut.
/// MINUTEBOOK_TEST_LONG=1 tries many more histories, MINUTEBOOK_SEED=n only that one.
/// </summary>
public sealed class StandingAgainstReference
{
    private const string Card = """
        {"currency": "USD", "rates": [
          {"id": "av", "meter": "av", "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "10.00"},
          {"id": "recording", "meter": "recording", "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "7.00"}],
         "packages": [
          {"sku": "m60", "name": "m60", "quantity": 60, "unit": "minute", "covers": [{"rate": "av", "ratio": "1"}], "scope": "application", "validity": "P1M", "price": "5.00"},
          {"sku": "d100", "name": "d100", "quantity": 100, "unit": "minute", "covers": [{"rate": "av", "ratio": "1"}], "scope": "account", "validity": "P10D", "price": "8.00"},
          {"sku": "w30", "name": "w30", "quantity": 30, "unit": "minute", "covers": [{"rate": "av", "ratio": "1"}], "scope": "application", "validity": "P7D", "price": "2.00"}]}
        """;

    public static TheoryData<int> Seeds => [.. TestRun.Seeds(few: 200, many: 2_000)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_standing_alert_and_answer_is_what_brute_force_says_however_the_work_is_cut(int seed)
    {
        var story = new StandingStory(seed);
        var oracle = new StandingOracle(story.Created, story.Limit, story.GraceHours, story.HoldDays);
        oracle.Walk(story.Facts, story.Until);

        var once = new Run(story, _ => { });
        Same(oracle.Standings, once.Desk.Book.State.Timeline.Select(change => new ExpectedStanding(Whole(change.At, 60_000), Name(change.Standing))), seed, "standing");
        Same(oracle.Alerts.OrderBy(Key, StringComparer.Ordinal), once.Alerts.OrderBy(Key, StringComparer.Ordinal), seed, "alert");
        Same(oracle.Answers.Select(Text), once.Answers.Select(Text), seed, "answer");
        Assert.Equal(oracle.Balance, (long)Money.Parse(once.Desk.Book.State.Balance).Micros);
        Assert.Equal(once.Desk.Tables.Alerts.Values.Select(alert => alert.At), once.Desk.Tables.Alerts.Values.Select(alert => alert.At).Order());

        var chance = new Random(seed);
        var cut = new Run(story, desk => Cut(desk, chance));
        Same(once.Desk.Tables.Lines(), cut.Desk.Tables.Lines(), seed, "row, work cut otherwise");
        Same(once.Answers.Select(Text), cut.Answers.Select(Text), seed, "answer, work cut otherwise");
    }

    private static void Cut(Desk desk, Random chance)
    {
        if (chance.Next(2) == 0)
        {
            desk.Flush();
            desk.Forget();
        }

        if (chance.Next(4) == 0)
        {
            desk.Flush();
            desk.Restart();
        }
    }

    private static void Same<T>(IEnumerable<T> expected, IEnumerable<T> actual, int seed, string what)
    {
        List<T> wanted = [.. expected], got = [.. actual];
        if (!wanted.SequenceEqual(got))
        {
            IEnumerable<string> wrong = [.. Missing(wanted, got).Select(one => $"- {one}"), .. Missing(got, wanted).Select(one => $"+ {one}")];
            Assert.Fail($"seed {seed}, {what}:\n{string.Join('\n', wrong.Take(12))}\nof\n{string.Join('\n', wanted.Take(40))}");
        }
    }

    private static List<T> Missing<T>(List<T> from, List<T> others)
    {
        List<T> left = [.. from];
        others.ForEach(one => left.Remove(one));
        return left;
    }

    private static string Key(ExpectedAlert alert) => $"{alert.Second:D12} {alert.Type} {alert.Application} {alert.Detail}";

    private static string Text(ExpectedAnswers answers) =>
        $"{answers.Minute} {answers.Application} create {answers.Create} read {answers.Read} join {string.Join(", ", answers.Join.OrderBy(its => its.Key, StringComparer.Ordinal))}";

    private static string Name(Standing standing) => standing.ToString().ToLowerInvariant();

    private static long Whole(long ms, long of) => ms % of == 0 ? ms / of : throw new ArgumentException($"{School.Text(ms)} is not whole.");

    /// <summary>A history told to a book.</summary>
    private sealed class Run
    {
        private readonly SortedDictionary<string, List<string>> classes = new(StringComparer.Ordinal);
        private readonly Dictionary<string, int> users = [];
        private Permits permits;
        private int events;

        public Run(StandingStory story, Action<Desk> afterEach)
        {
            var cards = new RateCards();
            var version = new RateCardVersion("test", new LocalDate(2027, 1, 1));
            Assert.Null(cards.Publish(RateCardJson.Read(version, Encoding.UTF8.GetBytes(Card)).Card!, new LocalDate(2027, 1, 1)).Refusal);
            var command = new Command.PutAccount(
                "account", "A", "USD", "Asia/Shanghai", "test", CreditLimit: Decimal(story.Limit), GraceHours: story.GraceHours, HoldDays: story.HoldDays);
            Desk = new Desk(new ReferenceAccount("Asia/Shanghai"), story.Created * 60_000, cards, command);
            permits = Desk.Book.TakePermits()!;
            foreach (Fact fact in story.Facts)
            {
                Tell(fact, fact.Minute * 60_000);
                permits = Desk.Book.TakePermits() ?? permits;
                afterEach(Desk);
            }

            Desk.AdvanceTo(story.Until * 60_000);
            Desk.Flush();
        }

        public Desk Desk { get; }

        public List<ExpectedAnswers> Answers { get; } = [];

        public IEnumerable<ExpectedAlert> Alerts => Desk.Tables.Alerts.Values.Select(alert =>
            new ExpectedAlert(Whole(alert.At, 1000), alert.Type, alert.Application, DetailOf(alert.Type, JsonDocument.Parse(alert.Data).RootElement)));

        private static string DetailOf(string type, JsonElement data) => type switch
        {
            AlertType.BillIssued => data.GetProperty("total").GetString()!,
            AlertType.BudgetReached => $"{data.GetProperty("threshold").GetInt32()} of {data.GetProperty("month").GetString()}",
            AlertType.AccountReleaseComing => $"{data.GetProperty("days").GetInt32()}",
            AlertType.ReleaseRequested => data.GetProperty("resource").GetString()!,
            _ when type.StartsWith("package.", StringComparison.Ordinal) => data.GetProperty("package").GetString()!,
            _ when type.StartsWith("application.", StringComparison.Ordinal) => data.GetProperty("reason").GetString()!,
            _ => "",
        };

        private static string Decimal(long micros) => new Money(micros).ToString();

        private void Tell(Fact fact, long at)
        {
            switch (fact)
            {
                case Fact.Paid its:
                    Order(new Command.TopUp("account", Decimal(its.Micros), "USD", $"t{++events}"), at);
                    break;
                case Fact.Changed its:
                    Order(new Command.PutAccount(
                        "account", null, null, null, CreditLimit: its.LimitMicros is { } limit ? Decimal(limit) : null, GraceHours: its.GraceHours,
                        HoldDays: its.HoldDays, LegalHold: its.LegalHold), at);
                    break;
                case Fact.Application its:
                    Order(new Command.PutApplication(
                        "account", its.Id, its.Id, Plan: its.Monthly ? Plan.MonthlyPackage : Plan.None, PayAsYouGo: its.PayAsYouGo), at);
                    break;
                case Fact.Bought its:
                    Order(new Command.BuyPackage("account", its.Sku, its.App, $"p{++events}"), at);
                    break;
                case Fact.Refunded its:
                    Order(new Command.RefundPackage("account", $"P-{its.Package + 1}"), at);
                    break;
                case Fact.Terminated:
                    Order(new Command.Terminate("account", "spam"), at);
                    break;
                case Fact.Budget its:
                    Order(new Command.PutBudget("account", "b", Decimal(its.Micros), "USD", its.Thresholds), at);
                    break;
                case Fact.Asked:
                    Ask(fact.Minute);
                    break;
                default:
                    Send(fact, at);
                    break;
            }
        }

        /// <summary>A refusal is part of the story: of what is released, and of a package that cannot be given back.</summary>
        private void Order(Command command, long at)
        {
            Desk.AdvanceTo(at - 1);
            Outcome outcome = Desk.Book.Apply(command, at);
            Assert.True(outcome.Refusal is null or Refusal.AccountReleased or Refusal.NotRefundable or Refusal.NotFound, outcome.Detail);
        }

        private void Send(Fact fact, long at)
        {
            switch (fact)
            {
                case Fact.Recorded its:
                    Desk.Send(at, Event("recording.completed", at, its.App, "recorded") with { Recording = "r", Files = [new("camera", its.Minutes * 60)] });
                    break;
                case Fact.Began its:
                    classes.TryAdd(its.App, []);
                    classes[its.App].Add(its.Class);
                    users[its.Class] = its.Users;
                    Desk.Send(at, [Event("class.started", at, its.App, its.Class), .. Enumerable.Range(0, its.Users).Select(user =>
                        Event("participant.joined", at, its.App, its.Class) with { User = $"u{user}" })]);
                    break;
                case Fact.Ended its:
                    Desk.Send(at, Event("class.ended", at, its.App, its.Class));
                    break;
            }

            // What is due at this very instant, the look at packages among it, is done by the tick that follows.
            Desk.AdvanceTo(at);
        }

        private ReferenceEvent Event(string type, long at, string application, string @class) =>
            new() { Source = "//story", Id = $"{++events}", Type = type, TimeMs = at, Application = application, Subject = @class };

        private void Ask(long minute)
        {
            Desk.AdvanceTo(minute * 60_000);
            permits = Desk.Book.TakePermits() ?? permits;
            foreach ((string id, ApplicationPermit application) in permits.Applications.OrderBy(its => its.Key, StringComparer.Ordinal))
            {
                bool Allows(AskedAction action, string? @class = null) => permits.Decide(application, action, @class, minute * 60_000).Allow;
                Answers.Add(new ExpectedAnswers(
                    minute, id, Allows(AskedAction.CreateClass),
                    classes.GetValueOrDefault(id, []).ToDictionary(its => its, its => Allows(AskedAction.JoinClass, its)), Allows(AskedAction.ReadRecording)));
            }
        }
    }
}

using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Core;

public sealed partial class Book
{
    /// <summary>Entries of the wallet by reference; a top-up happens once (rule 6.5).</summary>
    private readonly Dictionary<(string Kind, string Reference), (Money Amount, Money Balance)> wallet = [];

    /// <summary>Opens an account that does not exist yet.</summary>
    /// <returns>The outcome; the book is null when it is refused.</returns>
    public static (Outcome Outcome, Book? Book) Create(
        Command.PutAccount command, RateCards cards, long now, int runEvents = RunEvents)
    {
        if (command.Name is null || command.Currency is null || command.TimeZone is null)
        {
            return (Outcome.Refused(Refusal.InvalidRequest, "A new account needs a name, a currency and a time zone."), null);
        }

        if (CardFault(cards, command.RateCard ?? PublicCard.Id, command.Currency) is { } fault)
        {
            return (fault, null);
        }

        LocalDate today = Instant.FromUnixTimeMilliseconds(now).InZone(DateTimeZoneProviders.Tzdb[command.TimeZone]).Date;
        var state = new AccountState
        {
            Id = command.Account,
            Name = command.Name,
            Currency = command.Currency,
            TimeZone = command.TimeZone,
            CreatedAt = now,
            Standing = new AccountStanding.Good(now),
            Timeline = [new StandingChange(Standing.Good, now, "account created")],
            NextClose = LocalDatePattern.Iso.Format(today),
        };
        state.ChooseCard(command.RateCard ?? PublicCard.Id, today);
        var book = new Book(state, cards, runEvents) { Now = now, accountChanged = true };
        book.SetFields(command);
        book.SkipClosesBefore(now);
        return (new Outcome(null, Created: true), book);
    }

    /// <summary>Yesterday may not be closed yet, if the account is created within the delay after midnight; it has its first usage then.</summary>
    private void SkipClosesBefore(long now)
    {
        LocalDate first = NextCloseDay;
        while (CloseOf(Calendar.Number(first) - 1) > now)
        {
            first = first.PlusDays(-1);
        }

        SetNextClose(first);
    }

    /// <summary>Does what a command orders, or refuses it. Nothing has changed when it is refused.</summary>
    /// <param name="command">A command of this account.</param>
    /// <param name="now">When it was ordered, in ms.</param>
    public Outcome Apply(Command command, long now)
    {
        // At one instant: payments first, then closes, then what standing follows (rule 7.2).
        AdvanceTo(command is Command.TopUp ? now - 1 : now);
        Now = Math.Max(Now, now);
        if (LooksAtPackages(command))
        {
            TakePresent();
        }

        Outcome outcome = WhyReleased(command) ?? command switch
        {
            Command.PutAccount its => Put(its),
            Command.PutApplication its => Put(its),
            Command.PutSection its => Put(its),
            Command.PutConnector its => Put(its),
            Command.TopUp its => TopUp(its),
            Command.BuyPackage its => Buy(its),
            Command.RefundPackage its => Refund(its),
            Command.KeepNote its => Keep(its),
            Command.AdoptKept its => Adopt(its),
            Command.AcknowledgeAlert its => Acknowledge(its),
            Command.PutBudget its => Put(its),
            Command.Terminate its => Terminate(its),
            Command.AnswerRelease its => Confirm(its),
            Command.EraseUser => new Outcome(null),
            _ => Outcome.Refused(Refusal.InvalidRequest, $"{command.GetType().Name} is not an account's."),
        };
        accountChanged |= outcome.Refusal is null;
        if (command is Command.TopUp)
        {
            AdvanceTo(now);
        }

        // What the command itself made due, such as a close by a shorter delay, needs pages that were not asked for: it waits for the next advance.
        Watch();
        Follow();
        FollowRunning();
        created = null;
        return outcome;
    }

    private static Outcome? CardFault(RateCards cards, string card, string currency)
    {
        if (!cards.Exists(card))
        {
            return Outcome.Refused(Refusal.InvalidRequest, $"There is no rate card '{card}'. Publish it first, or use 'public'.");
        }

        // An account may be billed by a card of its own currency alone; the shipped card is in USD and everybody's default.
        return cards.Versions(card).All.All(version => version.Currency.Code == currency) || card == PublicCard.Id
            ? null
            : Outcome.Refused(Refusal.InvalidRequest, $"Rate card '{card}' is not in {currency}.");
    }

    private Outcome Put(Command.PutAccount command)
    {
        if (command.Currency is { } currency && currency != State.Currency)
        {
            return Outcome.Refused(Refusal.Immutable, $"The currency of {State.Id} is {State.Currency} and cannot be changed.");
        }

        if (command.TimeZone is { } zone && zone != State.TimeZone)
        {
            return Outcome.Refused(Refusal.Immutable, $"The time zone of {State.Id} is {State.TimeZone} and cannot be changed.");
        }

        if (command.RateCard is { } card && CardFault(cards, card, State.Currency) is { } fault)
        {
            return fault;
        }

        bool owed = Owes;
        string? categorizedSince = State.CategorizedSince;
        int lateDays = State.LateDays;
        SetFields(command);
        if (NextCloseAt <= Now)
        {
            State.HastenedCloses.Add(new HastenedClose(Now, Position));
        }

        if (State.LateDays != lateDays)
        {
            State.PastLateDays.Add(new PastLateDays(lateDays, Position));
            int most = Math.Max(lateDays, State.MoreLateDays ?? 0);
            State.MoreLateDays = most > State.LateDays ? most : null;
        }

        if (State.LateDays > lateDays)
        {
            // Closed days may be open to a true-up again, and what changed them since their last one is forgotten, unless by a restart.
            TouchAllDays();
        }

        if (State.CategorizedSince != categorizedSince)
        {
            State.PastCategorizedSince.Add(new PastCategories(categorizedSince, Position));
            // Delivery of closed days may be of other categories now, and of other rates.
            TouchAllDays();
        }

        NoteCause(owed, "credit limit");
        State.Standing = StandingRules.Hold(State.Standing, State.LegalHold, Now);
        return new Outcome(null);
    }

    private void SetFields(Command.PutAccount command)
    {
        State.Name = command.Name ?? State.Name;
        State.ChooseCard(command.RateCard ?? State.RateCard, Today);
        State.SettleDelayMinutes = command.SettleDelayMinutes ?? State.SettleDelayMinutes;
        State.CreditLimit = command.CreditLimit is { } limit ? Money.Parse(limit).ToString() : State.CreditLimit;
        State.LateDays = command.LateDays ?? State.LateDays;
        State.UsageHourBytes = command.UsageHourBytes ?? State.UsageHourBytes;
        State.CategorizedSince = command.CategorizedSince.Or(State.CategorizedSince);
        State.GraceHours = command.GraceHours ?? State.GraceHours;
        State.HoldDays = command.HoldDays ?? State.HoldDays;
        State.LegalHold = command.LegalHold ?? State.LegalHold;
        State.AlertEmails = command.AlertEmails ?? State.AlertEmails;
    }

    private Outcome Put(Command.PutApplication command)
    {
        ApplicationState? application = State.Applications.Find(one => one.Id == command.Application);
        bool created = application is null;
        if (application is null && command.Name is null)
        {
            return command.PayAsYouGo is null
                ? Outcome.Refused(Refusal.InvalidRequest, "A new application needs a name.")
                : Outcome.Refused(Refusal.NotFound, $"There is no application {command.Application} in {State.Id}.");
        }

        if (application is null)
        {
            application = new ApplicationState { Id = command.Application, CreatedAt = Now };
            State.Applications.Add(application);
            applicationNumbers.Add(application.Id, State.Applications.Count - 1);
        }

        ApplicationSettings before = created ? new ApplicationSettings() : application.Settings;
        ApplicationSettings after = before with
        {
            From = Now,
            Name = command.Name ?? before.Name,
            Metering = command.Metering ?? before.Metering,
            Plan = command.Plan ?? before.Plan,
            PayAsYouGo = command.PayAsYouGo ?? before.PayAsYouGo,
            Edition = command.Edition.Or(before.Edition),
            CountBy = command.CountBy ?? before.CountBy,
            ExcludeRoles = command.ExcludeRoles ?? before.ExcludeRoles,
            DefaultTier = command.DefaultTier ?? before.DefaultTier,
        };
        this.created = created ? application : null;
        Add(application, before, after, created);
        ChangeRestriction();
        return new Outcome(null, created);
    }

    /// <summary>Settings hold from the instant they are made; the same settings again make no new entry (rule 1.7).</summary>
    private void Add(ApplicationState application, ApplicationSettings before, ApplicationSettings after, bool created)
    {
        bool same = !created && after with { From = before.From, ExcludeRoles = before.ExcludeRoles } == before
            && after.ExcludeRoles.SequenceEqual(before.ExcludeRoles);
        if (same)
        {
            return;
        }

        if (!created && before.From == after.From && application.History.Count > 1)
        {
            application.History[^1] = after;
        }
        else
        {
            application.History.Add(after);
        }

        // What starts in this very millisecond is metered by the new settings.
        int number = applicationNumbers[application.Id];
        foreach (Page page in pages.Values)
        {
            bool isOpen = page.Window is { End: ClassWindow.Never } || page.TouchedAt >= after.From;
            if (page.Kind == PageKind.Class && page.Application == number && isOpen)
            {
                page.WindowDirty = true;
                Enqueue(page);
            }
        }
    }

    private Outcome Put(Command.PutSection command)
    {
        bool known = sections.TryGetValue(command.Section, out Section before);
        var after = new Section(
            command.Course.Or(before.Course), command.Organization.Or(before.Organization), command.Department.Or(before.Department));
        sections[command.Section] = after;
        pending.Sections.Add(new SectionRow(State.Id, command.Section, after.Course, after.Organization, after.Department));
        return new Outcome(null, !known);
    }

    private Outcome Put(Command.PutConnector command)
    {
        ApplicationState? application = State.Applications.Find(one => one.Id == command.Application);
        if (application is null)
        {
            return Outcome.Refused(Refusal.NotFound, $"There is no application {command.Application} in {State.Id}.");
        }

        bool created = !application.Connectors.ContainsKey(command.Connector);
        application.Connectors[command.Connector] = command.SealedConfiguration;
        return new Outcome(null, created);
    }

    private Outcome TopUp(Command.TopUp command)
    {
        if (command.Currency != State.Currency)
        {
            return Outcome.Refused(Refusal.InvalidRequest, $"The currency of {State.Id} is {State.Currency}, not {command.Currency}.");
        }

        Money amount = Money.Parse(command.Amount);
        if (wallet.TryGetValue(("topup", command.Reference), out (Money Amount, Money Balance) before))
        {
            return before.Amount == amount
                ? new Outcome(null, Answer: BalanceJson(before.Balance))
                : Outcome.Refused(Refusal.ReferenceReused, $"Reference '{command.Reference}' was used for {before.Amount} {State.Currency}.");
        }

        if (State.Packages.Exists(package => package.Reference == command.Reference))
        {
            return Outcome.Refused(Refusal.ReferenceReused, $"Reference '{command.Reference}' was used for a package.");
        }

        Post("topup", amount, command.Reference);
        Money balance = Money.Parse(State.Balance);
        wallet.Add(("topup", command.Reference), (amount, balance));
        return new Outcome(null, Created: true, Answer: BalanceJson(balance));
    }

    private static string BalanceJson(Money balance) => $"{{\"balance\":\"{balance}\"}}";

    private Outcome Keep(Command.KeepNote command)
    {
        pending.Notes.Add(new NoteRow(State.Id, command.Application, command.Connector, command.Key, command.Text, command.KeepUntil));
        return new Outcome(null);
    }
}

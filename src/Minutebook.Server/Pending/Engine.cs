using System.Globalization;
using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Engine;

/// <summary>Stands in until the engine is merged: commands in memory, events counted and forgotten. Delete with this folder.</summary>
public sealed class Engine : IAsyncDisposable
{
    private readonly Store.Store store = new();
    private Instant? sandbox;

    private Engine(Instant? sandbox) => this.sandbox = sandbox;

    public Store.Store Store => store;
    public Instant Now => sandbox ?? SystemClock.Instance.GetCurrentInstant();
    public bool IsSandbox => sandbox is not null;
    public bool IsReady => true;

    public static Task<Engine> OpenAsync(string data, string? postgres, bool sandbox, Instant? now, CancellationToken cancellation) =>
        Task.FromResult(new Engine(sandbox ? now ?? SystemClock.Instance.GetCurrentInstant() : null));

    public EventBatch Rent() => new();

    public void Return(EventBatch batch) => batch.Clear();

    public Task AcceptAsync(EventBatch batch, string origin, bool wait, CancellationToken cancellation) => Task.CompletedTask;

    public Task<bool> MoveClockAsync(Instant to, CancellationToken cancellation)
    {
        bool forward = to >= sandbox;
        sandbox = forward ? to : sandbox;
        return Task.FromResult(forward);
    }

    public Task<Outcome> ExecuteAsync(Command command, CancellationToken cancellation)
    {
        lock (store)
        {
            return Task.FromResult(Decide(command));
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Outcome Decide(Command command) => command switch
    {
        Command.PutAccount put => Put(put),
        Command.PutApplication put => Put(put),
        Command.PutSection => new Outcome(null, true),
        Command.TopUp up => Up(up),
        Command.PutConnector put => Put(put),
        Command.RegisterApplication register => store.Owners.TryAdd(register.Application, register.Account) || store.Owners[register.Application] == register.Account
            ? new Outcome(null) : Outcome.Refused(Refusal.ApplicationTaken, $"The application {register.Application} is another account's."),
        Command.PublishCard card => Publish(card),
        Command.Reapply => new Outcome(null, Answer: """{"applied":0}"""),
        _ => throw new InvalidOperationException(),
    };

    private Outcome Put(Command.PutAccount put)
    {
        bool created = !store.Accounts.TryGetValue(put.Account, out AccountState? state);
        if (created && (put.Name is null || put.Currency is null || put.TimeZone is null))
        {
            return Outcome.Refused(Refusal.InvalidRequest, "A new account needs name, currency and timeZone.");
        }

        if (!created && ((put.Currency ?? state!.Currency) != state!.Currency || (put.TimeZone ?? state.TimeZone) != state.TimeZone))
        {
            return Outcome.Refused(Refusal.Immutable, "Currency and time zone are for good.");
        }

        state ??= new AccountState
        {
            Id = put.Account,
            Name = put.Name!,
            Currency = put.Currency!,
            TimeZone = put.TimeZone!,
            NextClose = "1970-01-01",
            CreatedAt = Now.ToUnixTimeMilliseconds(),
        };
        state.Name = put.Name ?? state.Name;
        state.SettleDelayMinutes = put.SettleDelayMinutes ?? state.SettleDelayMinutes;
        state.GraceHours = put.GraceHours ?? state.GraceHours;
        state.HoldDays = put.HoldDays ?? state.HoldDays;
        state.CategorizedSince = put.CategorizedSince.Or(state.CategorizedSince);
        store.Accounts[put.Account] = state;
        return new Outcome(null, created);
    }

    private Outcome Put(Command.PutApplication put)
    {
        AccountState account = store.Accounts[put.Account];
        ApplicationState? there = account.Applications.Find(application => application.Id == put.Application);
        if (there is null && put.Name is null)
        {
            return Outcome.Refused(Refusal.InvalidRequest, "A new application needs a name.");
        }

        ApplicationSettings before = there?.Settings ?? new ApplicationSettings();
        ApplicationSettings settings = before with
        {
            Name = put.Name ?? before.Name,
            PayAsYouGo = put.PayAsYouGo ?? before.PayAsYouGo,
            Edition = put.Edition.Or(before.Edition),
            Metering = put.Metering ?? before.Metering,
            CountBy = put.CountBy ?? before.CountBy,
            Plan = put.Plan ?? before.Plan,
        };
        (there ?? Added(account, put.Application)).History.Add(settings);
        return new Outcome(null, there is null);
    }

    private static ApplicationState Added(AccountState account, string application)
    {
        var added = new ApplicationState { Id = application };
        account.Applications.Add(added);
        return added;
    }

    private Outcome Put(Command.PutConnector put)
    {
        store.Accounts[put.Account].Applications.Find(it => it.Id == put.Application)!.Connectors[put.Connector] = put.SealedConfiguration;
        return new Outcome(null, true);
    }

    private Outcome Up(Command.TopUp up)
    {
        if (!store.Accounts.TryGetValue(up.Account, out AccountState? account))
        {
            return Outcome.Refused(Refusal.NotFound, "There is no such account.");
        }

        if (store.Ledger.Find(row => row.Account == up.Account && row.Reference == up.Reference) is { Index: > 0 } first)
        {
            return first.Amount == up.Amount
                ? new Outcome(null) : Outcome.Refused(Refusal.ReferenceReused, $"The reference {up.Reference} was used for {first.Amount}.");
        }

        decimal balance = decimal.Parse(account.Balance) + decimal.Parse(up.Amount);
        account.Balance = balance.ToString("0.000000", CultureInfo.InvariantCulture);
        store.Ledger.Add(new LedgerRow(
            up.Account, ++account.LedgerEntries, Now.ToUnixTimeMilliseconds(), "topup", up.Amount, account.Balance, up.Reference));
        return new Outcome(null, true);
    }

    private Outcome Publish(Command.PublishCard card)
    {
        CardRow there = store.Cards.Find(row => row.Card == card.Card && row.EffectiveFrom == card.EffectiveFrom);
        if (there.Json is not null)
        {
            return Encoding.UTF8.GetString(there.Json) == card.CardJson
                ? new Outcome(null) : Outcome.Refused(Refusal.Immutable, "A published version never changes.");
        }

        store.Cards.Add(new CardRow(card.Card, card.EffectiveFrom, Encoding.UTF8.GetBytes(card.CardJson)));
        return new Outcome(null, true);
    }
}

/// <summary>Nothing was accepted; try again later.</summary>
public sealed class UnavailableException(TimeSpan retryAfter) : Exception("Unavailable.")
{
    public TimeSpan RetryAfter { get; } = retryAfter;
}

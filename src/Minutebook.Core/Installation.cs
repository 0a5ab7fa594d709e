using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Rating;

namespace Minutebook.Core;

/// <summary>
/// What belongs to no account: which account an application's id is, events of applications that nobody has registered, keys and webhooks.
/// The fold over the installation's own entries, those of shard 0. One thread at a time.
/// </summary>
public sealed partial class Installation
{
    private readonly Dictionary<string, string> accounts = new(StringComparer.Ordinal);
    private readonly HashSet<UInt128> kept = [];
    private readonly Changes pending = new();

    /// <summary>Restores a registered application.</summary>
    public void Restore(in DirectoryRow row) => accounts[row.Application] = row.Account;

    /// <summary>Restores an event that is kept.</summary>
    public void Restore(in KeptRow row) => kept.Add(row.Identity);

    /// <summary>Does what a command orders, or refuses it.</summary>
    /// <param name="command">A command of the installation.</param>
    /// <param name="now">When it was ordered, in ms.</param>
    public Outcome Apply(Command command, long now) => command switch
    {
        Command.RegisterApplication its => Register(its),
        Command.ReleaseKept its => Release(its),
        Command.MakeKey its => Make(its, now),
        Command.RevokeKey its => Revoke(its),
        Command.MakeWebhook its => Make(its, now),
        Command.RotateWebhookSecret its => Rotate(its),
        Command.SwitchWebhook its => Change(its.Webhook, webhook => webhook with { Disabled = its.Disabled }),
        Command.DeleteWebhook its => Delete(its),
        _ => Outcome.Refused(Refusal.InvalidRequest, $"{command.GetType().Name} is not the installation's."),
    };

    /// <summary>Keeps events of applications that nobody has registered, under (source, id) (rule 1.5).</summary>
    public void Keep(EventBatch batch, ReadOnlySpan<int> rows, long now)
    {
        foreach (int row in rows)
        {
            if (kept.Add(batch[row].Identity))
            {
                pending.Kept.Add(new KeptRow("", batch[row].Identity, "unknown-application", now, 0, Book.JsonOf(batch, row)));
            }
        }
    }

    /// <summary>Hands over the rows that changed since the last time.</summary>
    public void Flush(Changes changes)
    {
        changes.Directory.AddRange(pending.Directory);
        changes.Kept.AddRange(pending.Kept);
        changes.Keys.AddRange(pending.Keys);
        changes.Webhooks.AddRange(pending.Webhooks);
        pending.Clear();
    }

    private Outcome Register(Command.RegisterApplication command)
    {
        if (accounts.TryGetValue(command.Application, out string? account))
        {
            return account == command.Account
                ? new Outcome(null)
                : Outcome.Refused(Refusal.ApplicationTaken, $"The application id '{command.Application}' is taken. Choose another.");
        }

        accounts.Add(command.Application, command.Account);
        pending.Directory.Add(new DirectoryRow(command.Application, command.Account));
        return new Outcome(null, Created: true);
    }

    private Outcome Release(Command.ReleaseKept command)
    {
        foreach (string identity in command.Identities)
        {
            UInt128 its = UInt128.Parse(identity);
            if (kept.Remove(its))
            {
                pending.Kept.Add(new KeptRow("", its, null, 0, 0, []));
            }
        }

        return new Outcome(null);
    }
}

/// <summary>Publishing a card is an entry of every shard, and each decides it alike.</summary>
public static class Publication
{
    /// <summary>Publishes, or refuses to (rule 4.6).</summary>
    /// <param name="cards">The shard's cards.</param>
    /// <param name="command">The version.</param>
    /// <param name="now">The entry's instant, in ms; the same on every shard.</param>
    /// <returns>The outcome; the row is null when nothing new was published.</returns>
    public static (Outcome Outcome, CardRow? Row) Publish(RateCards cards, Command.PublishCard command, long now)
    {
        var version = new RateCardVersion(command.Card, NodaTime.Text.LocalDatePattern.Iso.Parse(command.EffectiveFrom).Value);
        if (RateCardJson.Read(version, System.Text.Encoding.UTF8.GetBytes(command.CardJson)).Card is not { } card)
        {
            return (Outcome.Refused(Refusal.InvalidRequest, "The rate card is not valid."), null);
        }

        bool known = cards.Versions(command.Card).All.Any(one => one.Version == version);
        Publishing publishing = cards.Publish(card, NodaTime.Instant.FromUnixTimeMilliseconds(now).InUtc().Date);
        return publishing.Refusal switch
        {
            PublishRefusal.Immutable => (Outcome.Refused(
                Refusal.Immutable, $"Version {command.EffectiveFrom} of '{command.Card}' is published with other content, and never changes."), null),
            PublishRefusal.BeginsInThePast => (Outcome.Refused(
                Refusal.InvalidRequest, $"'{command.Card}' has versions already; a further one must begin after today (rule 4.6)."), null),
            PublishRefusal.OtherCurrency => (Outcome.Refused(
                Refusal.InvalidRequest,
                $"'{command.Card}' is in {cards.Versions(command.Card).All[0].Currency.Code}, and so are the accounts that have it: publish another card for {card.Currency.Code}.",
                "currency"), null),
            null when known => (new Outcome(null), null),
            null => (new Outcome(null, Created: true), new CardRow(command.Card, command.EffectiveFrom, System.Text.Encoding.UTF8.GetBytes(command.CardJson))),
        };
    }
}

using System.Collections.Concurrent;
using Minutebook.Core.Accounts;

namespace Minutebook.Engine;

/// <summary>
/// Answers "may this happen?" (rule 7.6) from memory: what the folds know, published the moment they know it, and what other processes'
/// folds know, as these tell it. It asks the store for nothing, so a store that is slow or full delays no answer.
/// </summary>
public sealed class Decisions
{
    private readonly ConcurrentDictionary<string, Entry> applications = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Holder> accounts = new(StringComparer.Ordinal);

    private sealed class Holder(Permits permits)
    {
        public volatile Permits Permits = permits;
    }

    private sealed record Entry(string Application, Holder Account);

    /// <summary>An answer, and what it went by; those are null of an unknown application.</summary>
    public readonly record struct Answer(Decision Decision, string? Application, Permits? Permits);

    /// <summary>Answers.</summary>
    /// <param name="application">The application.</param>
    /// <param name="action">What is asked.</param>
    /// <param name="class">The class to join; null when it is not named.</param>
    /// <param name="now">When, ms.</param>
    /// <param name="only">The one account whose applications there are; null for all.</param>
    public Answer Decide(string application, AskedAction action, string? @class, long now, string? only = null)
    {
        if (!applications.TryGetValue(application, out Entry? entry) || (only is not null && entry.Account.Permits.Account != only))
        {
            return new Answer(new Decision(false, DecisionReason.UnknownApplication, null), null, null);
        }

        Permits permits = entry.Account.Permits;
        // Books that were opened again, or an account that was halted, may be from before the application.
        return permits.Applications.TryGetValue(entry.Application, out ApplicationPermit? its)
            ? new Answer(permits.Decide(its, action, @class, now), entry.Application, permits)
            : new Answer(new Decision(false, DecisionReason.UnknownApplication, null), null, null);
    }

    /// <summary>Since when, in ms, nothing of a halted account has been folded; null of one that is none.</summary>
    public long? HaltedAt(string account) => accounts.TryGetValue(account, out Holder? holder) ? holder.Permits.HaltedAt : null;

    /// <summary>The accounts that are halted.</summary>
    public IEnumerable<string> Halted => accounts.Where(static its => its.Value.Permits.HaltedAt is not null).Select(static its => its.Key);

    /// <summary>Takes what a fold knows of an account: that of the account's shard here or, while another process has the shard, that one's.</summary>
    internal void Publish(Permits permits)
    {
        if (accounts.TryGetValue(permits.Account, out Holder? holder))
        {
            holder.Permits = permits;
        }
        else
        {
            accounts[permits.Account] = holder = new Holder(permits);
        }

        foreach (string application in permits.Applications.Keys)
        {
            applications.TryAdd(application, new Entry(application, holder));
        }
    }
}

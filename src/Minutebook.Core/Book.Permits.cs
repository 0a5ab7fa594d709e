using System.Collections.Immutable;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Units;

namespace Minutebook.Core;

public sealed partial class Book
{
    private readonly HashSet<Page> movedWindows = [];
    private readonly Dictionary<int, ImmutableDictionary<string, long>> running = [];
    private bool permitsChanged = true;
    private bool restrictionChanged = true;

    // Classes matter to decisions only while something is restricted; then those that run are known one by one.
    private bool isRestricted;

    /// <summary>What decisions go by, if it changed since the last time; else null.</summary>
    public Permits? TakePermits()
    {
        if (!permitsChanged)
        {
            return null;
        }

        permitsChanged = false;
        if (restrictionChanged)
        {
            FindRunning();
        }

        var applications = new Dictionary<string, ApplicationPermit>(StringComparer.Ordinal);
        for (int i = 0; i < State.Applications.Count; i++)
        {
            ApplicationState its = State.Applications[i];
            ApplicationChange? last = its.Standings.Count == 0 ? null : its.Standings[^1];
            ApplicationBlock? block = last?.Reason is { } reason ? new ApplicationBlock(reason, last.At) : null;
            applications.Add(its.Id, new ApplicationPermit(block, last?.At ?? its.CreatedAt, running.GetValueOrDefault(i, ImmutableDictionary<string, long>.Empty)));
        }

        return new Permits(
            State.Id, [(State.Standing.Kind, State.Standing.Since), .. Coming()],
            -Money.Parse(State.CreditLimit) - Money.Parse(State.Balance), State.Currency, applications);
    }

    private void ChangeRestriction() => permitsChanged = restrictionChanged = accountChanged = true;

    private IEnumerable<(Standing, long)> Coming() => StandingRules.Ahead(State.Standing, State.Terms, ClassWindow.Never)
        .Where(static step => step.WarnsOf is null).Select(static step => (step.After.Kind, step.At));

    /// <summary>Works out anew which classes run that started before what restricts them (rule 7.6).</summary>
    private void FindRunning()
    {
        restrictionChanged = false;
        running.Clear();
        movedWindows.Clear();
        isRestricted = State.Standing is not AccountStanding.Good || State.Applications.Exists(IsSuspended);
        if (!isRestricted)
        {
            return;
        }

        foreach (Page page in pages.Values.Where(static page => page.Kind == PageKind.Class))
        {
            LookAt(page);
        }
    }

    private void NoteWindow(Page page)
    {
        if (isRestricted)
        {
            movedWindows.Add(page);
        }
    }

    /// <summary>Looks at the classes whose window may have moved since.</summary>
    private void FollowRunning()
    {
        foreach (Page page in movedWindows)
        {
            LookAt(page);
            permitsChanged = true;
        }

        movedWindows.Clear();
    }

    private void LookAt(Page page)
    {
        ClassWindow window = page is { WindowDirty: false, Window: { } settled } ? settled : ClassWindow.Of(page, HistoryOf(page), Now);
        ImmutableDictionary<string, long> its = running.GetValueOrDefault(page.Application, ImmutableDictionary<string, long>.Empty);
        running[page.Application] = window.Due != ClassWindow.Never && WasFreeAt(State.Applications[page.Application], window.Start)
            ? its.SetItem(page.Key, window.Due)
            : its.Remove(page.Key);
    }

    private static bool IsSuspended(ApplicationState application) => application.Standings.Count > 0 && application.Standings[^1].Reason is not null;

    /// <summary>Whether the account was good and the application not suspended at an instant.</summary>
    private bool WasFreeAt(ApplicationState application, long instant) =>
        State.Timeline.FindLast(change => change.At <= instant) is not { Standing: not Standing.Good }
        && application.Standings.FindLast(change => change.At <= instant) is not { Reason: not null };
}

using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;

namespace Minutebook.Core;

/// <summary>A page that must be loaded before a batch or a command is applied, or time moves on, if the store has it.</summary>
/// <param name="Number">Its number, where that is known; else 0.</param>
/// <param name="Application">Its application.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Key">The class id, or the day.</param>
/// <param name="Day">A local day, ISO: all classes of the application that used anything on it; else null.</param>
/// <param name="Kept">No page, but what is kept of an event (<see cref="KeptRow"/>): its identity; else null.</param>
public readonly record struct MissingPage(
    int Number, string Application, PageKind Kind, string Key, string? Day = null, UInt128? Kept = null);

/// <summary>Names what is not in memory and is about to be needed: the book itself reads nothing.</summary>
public sealed partial class Book
{
    /// <summary>Names the pages that a batch needs and that may be in the store but are not in memory.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="rows">Which of its events are this account's.</param>
    /// <param name="missing">Gets the pages.</param>
    /// <param name="doubtful">Gets the identities that may be known though they left memory: see <see cref="Learn"/>.</param>
    public void FindMissing(EventBatch batch, ReadOnlySpan<int> rows, ICollection<MissingPage> missing, ICollection<DoubtfulIdentity> doubtful)
    {
        looked = null;
        identities.Unlearn();
        FindKept(batch, rows, missing, doubtful);
        if (pages.Count == State.Pages && !identities.HasRuns)
        {
            return;
        }

        Resolve(batch);
        Look(batch);
        var asked = new HashSet<(int, int)>();
        Span<UInt128> unknown = stackalloc UInt128[2 * Together];
        while (rows.Length > 0)
        {
            int count = 0;
            ReadOnlySpan<int> some = rows[..Math.Min(Together, rows.Length)];
            approached ^= identities.Approach(batch, some);
            foreach (int index in some)
            {
                ref EventRow row = ref batch[index];
                AskForPage(batch, row, asked, missing);
                isNew[index] = !AskFor(row.Identity, asked, missing);
                if (isNew[index])
                {
                    unknown[count++] = row.Identity;
                }

                if (row.Kind == EventKind.EventVoided && batch.IdentityOf(row.A, row.B) is var target && !AskFor(target, asked, missing))
                {
                    unknown[count++] = target;
                }
            }

            int before = doubtful.Count;
            approached ^= identities.Doubt(unknown[..count], doubtful);
            if (doubtful.Count > before)
            {
                MarkDoubtful(batch, some, doubtful);
            }

            rows = rows[some.Length..];
        }
    }

    /// <summary>Names the pages that what is due until then will need: those of events that voids ahead of their time name.</summary>
    public void FindMissing(long until, ICollection<MissingPage> missing, ICollection<DoubtfulIdentity> doubtful)
    {
        var asked = new HashSet<(int, int)>();
        foreach (Page page in voids.Values)
        {
            foreach (int index in page.PendingUntil(until))
            {
                AskFor(page.TargetOf(page.RecordAt(index)), asked, missing, doubtful);
            }
        }
    }

    /// <summary>Names the pages that a command's decision needs: what is left in packages may go user by user, or by who was present at once.</summary>
    public void FindMissing(Command command, ICollection<MissingPage> missing, ICollection<DoubtfulIdentity> doubtful)
    {
        if (command is Command.AdoptKept adopt)
        {
            FindAdopted(adopt, missing, doubtful);
        }

        if (!LooksAtPackages(command))
        {
            return;
        }

        if (IsByParticipant())
        {
            FindParticipants(missing, isLook: true);
        }

        if (IsPeakPriced())
        {
            FindPresent(missing);
        }
    }

    private static bool LooksAtPackages(Command command) => command is Command.BuyPackage or Command.RefundPackage;

    private void AskForPage(EventBatch batch, in EventRow row, HashSet<(int, int)> asked, ICollection<MissingPage> missing)
    {
        int application = ApplicationOf(batch, row.Application);
        if (row.Kind == EventKind.EventVoided)
        {
            if (!voids.ContainsKey(DayOf(row.Time)) && asked.Add((-2, DayOf(row.Time))))
            {
                missing.Add(new MissingPage(0, "", PageKind.Voids, DayKey(DayOf(row.Time))));
            }
        }
        else if (application >= 0 && IsOfClass(row))
        {
            if (pageOfText[row.Subject] is { } known && known.Application == application)
            {
                return;
            }

            pageOfText[row.Subject] = FindClass(batch, application, row.Subject);
            if (pageOfText[row.Subject] is null && asked.Add((application, row.Subject)))
            {
                missing.Add(new MissingPage(0, State.Applications[application].Id, PageKind.Class, batch.String(row.Subject)!));
            }
        }
        else if (application >= 0 && row.Kind == EventKind.StorageSampled)
        {
            AskForSamples(application, storage.DayOf(row.Time), asked, missing);
        }
        else if (application >= 0 && !days.ContainsKey((application, DayOf(row.Time))) && asked.Add((-3 - application, DayOf(row.Time))))
        {
            missing.Add(new MissingPage(0, State.Applications[application].Id, PageKind.Day, DayKey(DayOf(row.Time))));
        }
    }

    private void AskForSamples(int application, int day, HashSet<(int, int)> asked, ICollection<MissingPage> missing)
    {
        if (!samples.ContainsKey((application, day)) && asked.Add((int.MinValue + application, day)))
        {
            missing.Add(new MissingPage(0, State.Applications[application].Id, PageKind.Samples, DayKey(day)));
        }
    }

    private static bool IsOfClass(in EventRow row) => row.Kind <= EventKind.ScreenshotCaptured && row.Subject >= 0;

    private void MarkDoubtful(EventBatch batch, ReadOnlySpan<int> rows, ICollection<DoubtfulIdentity> doubtful)
    {
        foreach (DoubtfulIdentity one in doubtful)
        {
            foreach (int index in rows)
            {
                isNew[index] &= batch[index].Identity != one.Identity;
            }
        }
    }

    /// <summary>Names the page of an identity that memory knows; false if it does not know it.</summary>
    private bool AskFor(UInt128 identity, HashSet<(int, int)> asked, ICollection<MissingPage> missing)
    {
        Place place = identities.Find(identity, out bool known);
        if (known && place.Page > 0 && !pages.ContainsKey(place.Page) && asked.Add((-1, place.Page)))
        {
            missing.Add(new MissingPage(place.Page, "", PageKind.Class, ""));
        }

        return known;
    }

    private void AskFor(
        UInt128 identity, HashSet<(int, int)> asked, ICollection<MissingPage> missing, ICollection<DoubtfulIdentity> doubtful)
    {
        if (!AskFor(identity, asked, missing))
        {
            approached ^= identities.Doubt([identity], doubtful);
        }
    }
}

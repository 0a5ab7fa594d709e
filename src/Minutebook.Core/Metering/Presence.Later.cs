using System.Runtime.InteropServices;
using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>
/// Measuring on from where a participant was measured for good, so that one of very many events costs what comes, and not what is there.
/// Only the plain case goes on: one connection for audio and video without tiers of its own, in a class that runs, by settings of which
/// there is one version; what is worked out is what <see cref="Measure"/> would say.
/// </summary>
internal sealed partial class Presence
{
    /// <summary>How far the participant that was measured last is measured for good; nothing if it is not a plain case.</summary>
    public Measured Measured { get; private set; }

    /// <summary>Measures a participant, of the events up to now, from where it was measured before if that will do.</summary>
    public void MeasureLater(Page of, ClassWindow its, int participant, long at)
    {
        Measured before = of.ParticipantAt(participant).Measured;
        if (!IsPlain(of, its, participant))
        {
            Measure(of, its, participant, at);
            Measured = default;
            return;
        }

        if (before.Records == 0 || !TryGoOn(of, its, participant, at, before))
        {
            before = default;
            Measure(of, its, participant, at);
        }

        Measured = MeasuredNow(before.HasStayed);
    }

    private static bool IsPlain(Page page, ClassWindow window, int participant)
    {
        int slot = page.ParticipantAt(participant).LastSlot;
        return slot >= 0 && page.SlotAt(slot) is { NextOfUser: < 0, Medium: Medium.Av, HasSteps: false }
            && window.End == Open && window.Only is { CountBy: CountBy.User };
    }

    private bool TryGoOn(Page of, ClassWindow its, int participant, long at, in Measured before)
    {
        Begin(of, its, at);
        if (!stays.TryFind(page, window, page.ParticipantAt(participant).LastSlot, now, (before.Records, before.Until)))
        {
            return false;
        }

        Due = stays.Due;
        foreach (Span span in page.SpansOf(participant))
        {
            if (span.To != Open)
            {
                Spans.Add(span);
            }
        }

        int first = Spans.Count;
        foreach (Stay stay in stays.Found)
        {
            if (Clipped(stay) is not { } interval)
            {
                continue;
            }

            if (first > 0 && interval.From <= Spans[first - 1].To)
            {
                // It goes on in the very second in which it ended, or a leave that carries its join reaches back: one span of both.
                return false;
            }

            Spans.Add(new Span(interval.From, interval.To));
        }

        Metering.Spans.Unite(Spans);
        Pieces.AddRange(page.PiecesOf(participant));
        ReceivedTier tier = Tiers.Named(window.Only!.DefaultTier) ?? ReceivedTier.Audio;
        foreach (Span span in CollectionsMarshal.AsSpan(Spans)[first..])
        {
            Emit(span.From, span.To, tier);
        }

        Counted = before.HasStayed || IsUser(participant);
        return true;
    }

    private Measured MeasuredNow(bool hadStayed)
    {
        (int records, long until) = stays.Over;
        // Where an open span began before, it holds what was over then, and the pieces do not.
        return records == 0 || (Spans is [.., { To: Open } last] && last.From < Second(until))
            ? default
            : new Measured(records, until, hadStayed || HasStayed(until));
    }

    private bool HasStayed(long until)
    {
        foreach (Stay stay in stays.Found)
        {
            if (window.HasRow && stay.To <= until && Math.Max(Second(stay.From), Second(window.Start)) < Second(stay.To))
            {
                return true;
            }
        }

        return false;
    }
}

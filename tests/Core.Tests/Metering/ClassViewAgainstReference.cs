using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Reference;
using Minutebook.Reference.Workloads;
using Xunit;
using ClassView = Minutebook.Core.Metering.ClassView;

namespace Minutebook.Core.Tests.Metering;

/// <summary>
/// The view of every class, of random histories, is the brute-force reference's: window, users, peak, stays and tiers (rules 2 and 3.1).
/// MINUTEBOOK_TEST_LONG=1 tries many more histories, MINUTEBOOK_SEED=n only that one.
/// </summary>
public sealed class ClassViewAgainstReference
{
    public static TheoryData<int> Seeds => [.. TestRun.Seeds(few: 30, many: 5_000)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_class_is_viewed_as_its_events_say_while_it_runs_and_afterwards(int seed)
    {
        Workload workload = Workload.Of(seed);
        var chance = new Random(seed);
        var desk = new Desk(workload.Account, workload.Steps[0].AtMs);
        int stop = chance.Next(workload.Steps.Count - 1);
        for (int i = 0; i < workload.Steps.Count; i++)
        {
            desk.Do(workload.Steps[i]);
            if (i == stop)
            {
                desk.AdvanceTo(chance.NextInt64(workload.Steps[i].AtMs, workload.Steps[i + 1].AtMs));
                Compare(desk, workload, chance);
            }
        }

        desk.AdvanceTo(workload.EndMs);
        Compare(desk, workload, chance);
    }

    private static void Compare(Desk desk, Workload workload, Random chance)
    {
        desk.Flush();
        long now = desk.Book.Now;
        var expected = new Expected(workload.History, now);
        foreach (PageRow page in desk.Tables.Pages.Values.Where(page => page.Kind == (int)PageKind.Class))
        {
            string wanted = expected.Views.TryGetValue((page.Application, page.Key), out Minutebook.Reference.ClassView? told) ? Line(told) : "nothing";
            ClassView? view = ViewOf(desk, page, Wanted.All);
            string got = view is null ? "nothing" : Line(view, now);
            Assert.True(wanted == got, $"{workload} at {ReferenceEvent.Rfc3339(now)}, {page.Application} {page.Key}:\n{wanted}\n{got}");
            if (view?.Participants.Count > 1)
            {
                AssertPaged(desk, page, view, chance.Next(1, view.Participants.Count), now);
            }
        }
    }

    /// <summary>A piece of the list says of its participants, and of the class, what the whole says.</summary>
    private static void AssertPaged(Desk desk, PageRow page, ClassView whole, int first, long now)
    {
        ClassView head = ViewOf(desk, page, new Wanted(null, first))!;
        ClassView tail = ViewOf(desk, page, new Wanted(head.Participants[^1].User, int.MaxValue))!;

        Assert.Equal(first, head.Participants.Count);
        Assert.Equal(Line(whole, now), Line(whole with { Participants = [.. head.Participants, .. tail.Participants] }, now));
        Assert.Equal((whole.UserCount, whole.Peak, whole.Seconds), (head.UserCount, head.Peak, head.Seconds));
    }

    private static ClassView? ViewOf(Desk desk, PageRow page, Wanted wanted)
    {
        ApplicationState application = desk.Book.State.Applications.Find(its => its.Id == page.Application)!;
        return ClassView.Of(
            desk.Book.State.TimeZone, application.History, desk.Tables.StreamLength(page.Page), desk.Tables.Stream(page.Page), desk.Book.Now, wanted);
    }

    private static string Line(Minutebook.Reference.ClassView view) =>
        $"({view.Name}) {view.StartMs} {view.EndMs} {view.EndedBy} {view.UserCount} {view.Peak} {view.Participants.Sum(user => user.Seconds)} "
        + TiersOf(view.Participants.SelectMany(user => user.Spans).Select(span => (span.Tier, span.To - span.From)))
        + string.Concat(view.Participants.Select(user => $"\n  {user.User} {user.Role ?? "null"} {user.Seconds} "
            + string.Join(", ", user.Stays.Select(stay => $"{stay.FromMs}-{stay.ToMs} '{stay.Connection}' {stay.Medium}")) + " "
            + TiersOf(user.Spans.Select(span => (span.Tier, span.To - span.From)))
            + string.Join(", ", user.Spans.Select(span => $"{span.From}-{span.To} {span.Tier}"))));

    private static string Line(ClassView view, long now) =>
        $"({view.Name}) {view.Start} {view.End} {(view.EndedBy switch { EndedBy.Event => "event", EndedBy.Cap => "cap", _ => "" })} {view.UserCount} {view.Peak} {view.Seconds} "
        + ToldOf(view.Tiers)
        + string.Concat(view.Participants.Select(user => $"\n  {user.User} {user.Role ?? "null"} {user.Seconds} "
            + string.Join(", ", user.Stays.Select(stay => $"{stay.From}-{stay.To} '{stay.Connection}' {(stay.Medium == Medium.Av ? "av" : "whiteboard")}")) + " "
            + ToldOf(user.Tiers)
            + string.Join(", ", user.Spans.Select(span => (span.From, To: span.To ?? Math.DivRem(now, 1000).Quotient, Tier: Tiers.Name(span.Tier))).Where(span => span.From < span.To)
                .OrderBy(span => span.From).ThenBy(span => span.To).ThenBy(span => span.Tier, StringComparer.Ordinal).Select(span => $"{span.From}-{span.To} {span.Tier}"))));

    /// <summary>In the order of the tiers; those without seconds are left out.</summary>
    private static string TiersOf(IEnumerable<(string Tier, long Seconds)> spans) => ToldOf(
        spans.GroupBy(span => span.Tier).Select(its => (Tier: Tiers.Named(its.Key)!.Value, Seconds: its.Sum(span => span.Seconds))).OrderBy(its => its.Tier));

    private static string ToldOf(IEnumerable<(ReceivedTier Tier, long Seconds)> tiers) =>
        $"[{string.Join(", ", tiers.Select(its => $"{Tiers.Name(its.Tier)} {its.Seconds}"))}] ";
}

using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>One class and who was in it.</summary>
internal static class ClassRoutes
{
    public static void Map(Routes routes) => routes.Get(
        "/v1/accounts/{account}/classes/{application}/{class}",
        new Doc("getClass", "A class with its participants and their stays, as they count.")
        {
            Gives = typeof(ClassAnswer),
            Query = [("limit", "Participants a page, 1 to 1000; all of them when left out."), Doc.Paging[1]],
        },
        Get);

    private sealed record ClassAnswer(
        string Application, string ClassId, string? ClassName, Instant Start, Instant? End, bool Running, string? EndedBy, int UserCount,
        int Peak, long Seconds, IReadOnlyDictionary<string, long> Tiers, IReadOnlyList<Participant> Participants, string? Next);

    private sealed record Participant(
        string User, string? Role, long Seconds, IReadOnlyDictionary<string, long> Tiers, IReadOnlyList<Stay> Stays);

    private sealed record Stay(Instant From, Instant? To, string Connection, Medium Medium);

    private static IResult Get(Call call)
    {
        (string application, string id) = (call.Path("application"), call.EventsPath("class"));
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        int limit = call.Query("limit") is null ? int.MaxValue - 1 : call.Limit();
        string? after = call.After(1)?[0];
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        return Find(call, read, account, application, id, new Wanted(after, limit + 1)) is { } found
            ? Answer.Json(Show(application, id, found.View, limit))
            : Problem.NotFound($"class {id} of application {application} in account {account.Id} that has started");
    }

    /// <summary>A class with its page; null where there is none, or nothing has started it.</summary>
    public static (PageRow Page, ClassView View)? Find(
        Call call, Store.Reader read, AccountState account, string application, string id, Wanted wanted)
    {
        if (account.Application(application) is not { } known || read.Page(account.Id, application, PageKind.Class, id) is not { } page)
        {
            return null;
        }

        ClassView? view = ClassView.Of(
            account.TimeZone, known.History, read.StreamLength(account.Id, page.Page), read.Stream(account.Id, page.Page),
            call.Engine.Now.ToUnixTimeMilliseconds(), wanted);
        return view is null ? null : (page, view);
    }

    private static ClassAnswer Show(string application, string id, ClassView view, int limit)
    {
        ListView<Participant> page = Answer.Page([.. view.Participants], limit, user => Show(user), user => Cursor.Of(user.User));
        return new(
            application, id, view.Name, At(view.Start), view.End is { } end ? At(end) : null, view.EndedBy == EndedBy.Nothing,
            view.EndedBy == EndedBy.Nothing ? null : Fields.Spelling(view.EndedBy), view.UserCount, view.Peak,
            view.Seconds, TiersOf(view.Tiers), page.Items, page.Next);
    }

    private static Participant Show(ParticipantView user) =>
        new(user.User, user.Role, user.Seconds, TiersOf(user.Tiers), [.. user.Stays.Select(Show)]);

    private static Dictionary<string, long> TiersOf(IEnumerable<(ReceivedTier Tier, long Seconds)> tiers) =>
        tiers.ToDictionary(its => Tiers.Name(its.Tier), its => its.Seconds);

    // A connection without a name is the empty one (rule 2.2).
    private static Stay Show(StayView stay) => new(At(stay.From), stay.To is { } to ? At(to) : null, stay.Connection ?? "", stay.Medium);

    private static Instant At(long ms) => Instant.FromUnixTimeMilliseconds(ms);
}

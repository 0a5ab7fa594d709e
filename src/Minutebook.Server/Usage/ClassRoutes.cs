using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>One class and who was in it.</summary>
internal static class ClassRoutes
{
    private const int ClassPage = 0;

    public static void Map(Routes routes) => routes.Get(
        "/v1/accounts/{account}/classes/{application}/{class}",
        new Doc("getClass", "A class with its participants and their stays, as they count.") { Gives = typeof(ClassAnswer) },
        Get);

    private sealed record ClassAnswer(
        string Application, string ClassId, string? ClassName, Instant Start, Instant? End, bool Running, string? EndedBy, int UserCount,
        IReadOnlyList<Participant> Participants);

    private sealed record Participant(string User, string? Role, long Seconds, IReadOnlyList<Stay> Stays);

    private sealed record Stay(Instant From, Instant? To, string Connection, Medium Medium);

    private static IResult Get(Call call)
    {
        (string application, string id) = (call.Path("application"), call.Path("class"));
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        return Find(call, read, account, application, id) is { } found
            ? Answer.Json(Show(application, id, found.View))
            : Problem.NotFound($"class {id} of application {application} in account {account.Id} that has started");
    }

    /// <summary>A class with its page; null where there is none, or nothing has started it.</summary>
    public static (PageRow Page, ClassView View)? Find(Call call, Store.Reader read, AccountState account, string application, string id)
    {
        if (account.Application(application) is not { } known || read.Page(account.Id, application, ClassPage, id) is not { } page)
        {
            return null;
        }

        IEnumerable<byte[]> chunks = read.Chunks(account.Id, page.Page).Select(chunk => chunk.Data);
        return ClassView.Of(account.TimeZone, known.History, chunks, call.Engine.Now.ToUnixTimeMilliseconds()) is { } view ? (page, view) : null;
    }

    private static ClassAnswer Show(string application, string id, ClassView view) => new(
        application, id, view.Name, At(view.Start), view.End is { } end ? At(end) : null, view.EndedBy == EndedBy.Nothing,
        view.EndedBy == EndedBy.Nothing ? null : Fields.Spelling(view.EndedBy), view.UserCount,
        [.. view.Participants.Select(user => new Participant(user.User, user.Role, user.Seconds, [.. user.Stays.Select(Show)]))]);

    // A connection without a name is the empty one (rule 2.2).
    private static Stay Show(StayView stay) => new(At(stay.From), stay.To is { } to ? At(to) : null, stay.Connection ?? "", stay.Medium);

    private static Instant At(long ms) => Instant.FromUnixTimeMilliseconds(ms);
}

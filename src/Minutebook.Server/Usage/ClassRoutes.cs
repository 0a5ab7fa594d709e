using Minutebook.Core;
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
        string Application, string ClassId, Instant Start, Instant? End, bool Running, int UserCount, IReadOnlyList<ParticipantView> Participants);

    private sealed record ParticipantView(string User, string? Role, long Seconds, IReadOnlyList<StayView> Stays);

    private sealed record StayView(Instant From, Instant? To, string Connection, string Medium);

    private static IResult Get(Call call)
    {
        (string application, string id) = (call.Path("application"), call.Path("class"));
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        if (account.Application(application) is null || read.Page(account.Id, application, ClassPage, id) is not { } page)
        {
            return Problem.NotFound($"class {id} of application {application} in account {account.Id}");
        }

        IEnumerable<byte[]> chunks = read.Chunks(account.Id, page.Page).Select(chunk => chunk.Data);
        return ClassView.Of(account, application, id, chunks, call.Engine.Now) is { } view
            ? Answer.Json(Show(application, id, view))
            : Problem.NotFound($"class {id} of application {application} that has started");
    }

    private static ClassAnswer Show(string application, string id, ClassView view) => new(
        application, id, view.Start, view.End, view.Running, view.UserCount,
        [
            .. view.Participants.Select(user => new ParticipantView(
                user.User, user.Role, user.Seconds,
                [.. user.Stays.Select(stay => new StayView(stay.From, stay.To, stay.Connection, stay.Medium))])),
        ]);
}

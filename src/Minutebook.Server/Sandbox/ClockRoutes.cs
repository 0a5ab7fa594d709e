using NodaTime;

namespace Minutebook.Server;

/// <summary>The sandbox's clock, which moves only when told. Without a sandbox there is none.</summary>
internal static class ClockRoutes
{
    private const string Path = "/v1/sandbox/clock";

    public static void Map(Routes routes)
    {
        routes.Get(Path, new Doc("getClock", "What the sandbox's clock shows.") { Gives = typeof(ClockView) }, Get);
        routes.Put(
            Path,
            new Doc("moveClock", "Moves the sandbox's clock forward, and answers when everything due until then is done.")
            {
                Takes = typeof(ClockView),
                Gives = typeof(ClockView),
                Problems = [Code.ClockBackwards],
            },
            PutAsync);
    }

    private sealed record ClockView(Instant Now);

    private static IResult Get(Call call) => call.Engine.IsSandbox ? Answer.Json(new ClockView(call.Engine.Now)) : NoSandbox();

    private static async Task<IResult> PutAsync(Call call)
    {
        if (!call.Engine.IsSandbox)
        {
            return NoSandbox();
        }

        if (await call.FieldsAsync() is not { } fields)
        {
            return call.Refusal!;
        }

        fields.Require("now");
        Instant to = default;
        if (fields.Text("now") is { } text && !Moments.TryInstant(text, out to))
        {
            fields.Fault("now", "This must be an instant such as 2027-01-01T00:00:00Z.");
        }

        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        return await call.Engine.MoveClockAsync(to)
            ? Get(call)
            : new Problem(Code.ClockBackwards, $"The clock shows {JsonText.Of(call.Engine.Now)} already and never goes back.");
    }

    private static Problem NoSandbox() =>
        new(Code.NotFound, "This process follows the real clock. Start it with --sandbox to have a clock that moves when told.");
}

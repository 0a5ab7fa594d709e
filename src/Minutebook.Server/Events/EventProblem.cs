using Minutebook.Core.Events;

namespace Minutebook.Server;

internal static class EventProblem
{
    /// <summary>Anything malformed is an invalid event (HTTP contract, Events), packed so badly that none can be read too.</summary>
    public static Problem? Of(Problem? refused) => refused?.Code == Code.InvalidRequest
        ? refused with { Code = Code.InvalidEvent, Errors = [.. (refused.Errors ?? []).Select(fault => fault with { Index = 0 })] }
        : refused;

    /// <param name="faults">What the reader found; it names places within an event.</param>
    /// <param name="one">The request is one event, not a list of them.</param>
    public static Problem Of(EventFaults faults, bool one)
    {
        if (faults.TooLarge)
        {
            return new Problem(Code.PayloadTooLarge, "An event is larger than 1 MiB. Nothing was taken: leave out what is not needed.");
        }

        string detail = $"{faults.Count} {(faults.Count == 1 ? "thing is" : "things are")} wrong with the events. "
            + "Nothing was taken: correct them and send the request again.";
        return new Problem(
            Code.InvalidEvent, detail, [.. faults.Kept.Select(fault => new Fault(one ? fault.Pointer : $"/{fault.Index}{fault.Pointer}", fault.Detail, fault.Index))]);
    }
}

using Minutebook.Core.Events;

namespace Minutebook.Server;

internal static class EventProblem
{
    // Enough to find a mistake by; a request of a million bad events is not answered with a million sentences.
    private const int Shown = 1000;

    public static Problem Of(EventFaults faults)
    {
        if (faults.TooLarge)
        {
            return new Problem(Code.PayloadTooLarge, "An event is larger than 1 MiB. Nothing was taken: leave out what is not needed.");
        }

        string detail = $"{faults.Count} {(faults.Count == 1 ? "thing is" : "things are")} wrong with the events. "
            + "Nothing was taken: correct them and send the request again.";
        return new Problem(
            Code.InvalidEvent, detail, [.. faults.All.Take(Shown).Select(fault => new Fault(fault.Pointer, fault.Detail, fault.Index))]);
    }
}

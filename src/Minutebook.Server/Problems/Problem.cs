using System.Text.Json;
using System.Text.Json.Serialization;
using Minutebook.Core.Accounts;
using Minutebook.Engine;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>One thing that is wrong: where (a JSON pointer, or a parameter's name after a slash) and what.</summary>
/// <param name="Index">Of an event, its place in the request.</param>
internal sealed record Fault(string Pointer, string Detail, int? Index = null);

/// <summary>A refusal as RFC 9457 has it.</summary>
internal sealed record Problem(Code Code, string Detail, IReadOnlyList<Fault>? Errors = null) : IResult
{
    public TimeSpan? RetryAfter { get; init; }

    public static Problem NotFound(string what) => new(Code.NotFound, $"There is no {what}. Check the spelling, or create it first.");

    public static Problem Invalid(IReadOnlyList<Fault> faults) => new(
        Code.InvalidRequest,
        faults is [{ Pointer: "" } whole] ? whole.Detail
            : faults.Count == 1 ? $"{faults[0].Pointer}: {faults[0].Detail}" : $"{faults.Count} things are wrong; errors lists them.",
        faults);

    public static Problem Invalid(string pointer, string detail) => Invalid([new Fault(pointer, detail)]);

    /// <summary>An account that stands still for a defect's sake.</summary>
    public static Problem Halted(string account, Instant since) => new(
        Code.Unavailable,
        $"Account '{account}' has been halted since {InstantPattern.ExtendedIso.Format(since)}: a defect of Minutebook keeps it from being worked out. Its events are accepted and counted later; its figures are not shown until then. The operator's log says more.")
    {
        RetryAfter = UnavailableException.AfterMending,
    };

    public static Problem Of(Outcome refused) => refused.Field is { } field
        ? Invalid("/" + field, refused.Detail!)
        : new(Code.Of(refused.Refusal!.Value), refused.Detail ?? "It was refused.") { RetryAfter = refused.Refusal == Refusal.Unavailable ? UnavailableException.AfterMending : null };

    /// <summary>A wait as <c>Retry-After</c> has it: whole seconds, at least one.</summary>
    public static string SecondsOf(TimeSpan wait) => Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString();

    public Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.StatusCode = Code.Status;
        response.ContentType = "application/problem+json";
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = SecondsOf(wait);
        }

        if (Code == Code.Unauthenticated)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        byte[] body = JsonSerializer.SerializeToUtf8Bytes(View(), JsonText.Options);
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(httpContext.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body).AsTask();
    }

    private ProblemView View() => new(
        Code.Type, Code.Title, Code.Status, Detail,
        Errors?.Select(fault => new FaultView(fault.Pointer, fault.Detail, fault.Index)).ToArray());
}

/// <summary>How a problem stands in an answer.</summary>
internal sealed record ProblemView(
    string Type, string Title, int Status, string Detail, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<FaultView>? Errors);

/// <summary>How a fault stands in a problem.</summary>
internal sealed record FaultView(string Pointer, string Detail, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Index);

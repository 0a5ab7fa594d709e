using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>The stable codes that a problem's type ends in, each with its one status.</summary>
internal sealed record Code(string Name, int Status, string Title)
{
    public static Code InvalidRequest { get; } = new("invalid-request", 400, "The request is not valid");
    public static Code InvalidEvent { get; } = new("invalid-event", 400, "An event is not valid");
    public static Code Unauthenticated { get; } = new("unauthenticated", 401, "A valid key is needed");
    public static Code Forbidden { get; } = new("forbidden", 403, "Not allowed");
    public static Code NotFound { get; } = new("not-found", 404, "Not found");
    public static Code MethodNotAllowed { get; } = new("method-not-allowed", 405, "Method not allowed");
    public static Code Immutable { get; } = new("immutable", 409, "Fixed for good");
    public static Code ApplicationTaken { get; } = new("application-taken", 409, "The application's id is taken");
    public static Code ReferenceReused { get; } = new("reference-reused", 409, "The reference was used for something else");
    public static Code NotRefundable { get; } = new("not-refundable", 409, "The package cannot be given back");
    public static Code ClockBackwards { get; } = new("clock-backwards", 409, "The clock never goes back");
    public static Code AccountReleased { get; } = new("account-released", 410, "The account is released");
    public static Code PayloadTooLarge { get; } = new("payload-too-large", 413, "The payload is too large");
    public static Code UnsupportedMediaType { get; } = new("unsupported-media-type", 415, "Unsupported media type");
    public static Code RateLimited { get; } = new("rate-limited", 429, "Too many requests");
    public static Code Internal { get; } = new("internal", 500, "Something went wrong here");
    public static Code Unavailable { get; } = new("unavailable", 503, "Unavailable for the moment");

    public static IReadOnlyList<Code> All { get; } =
    [
        InvalidRequest, InvalidEvent, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, Immutable, ApplicationTaken, ReferenceReused,
        NotRefundable, ClockBackwards, AccountReleased, PayloadTooLarge, UnsupportedMediaType, RateLimited, Internal, Unavailable,
    ];

    public string Type => $"urn:minutebook:problem:{Name}";

    // No default arm on purpose: a new refusal does not compile until it has a code.
    public static Code Of(Refusal why) => why switch
    {
        Refusal.InvalidRequest => InvalidRequest,
        Refusal.NotFound => NotFound,
        Refusal.Immutable => Immutable,
        Refusal.ApplicationTaken => ApplicationTaken,
        Refusal.ReferenceReused => ReferenceReused,
        Refusal.NotRefundable => NotRefundable,
        Refusal.AccountReleased => AccountReleased,
        Refusal.Unavailable => Unavailable,
    };
}

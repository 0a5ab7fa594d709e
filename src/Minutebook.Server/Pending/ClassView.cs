using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Core.Metering;

/// <summary>Stands in until metering is merged. Delete with this folder.</summary>
public sealed record ClassView(
    Instant Start, Instant? End, bool Running, int UserCount, IReadOnlyList<ClassParticipant> Participants)
{
    public static ClassView? Of(AccountState account, string application, string @class, IEnumerable<byte[]> chunks, Instant now) => null;
}

public sealed record ClassParticipant(string User, string? Role, long Seconds, IReadOnlyList<ClassStay> Stays);

public sealed record ClassStay(Instant From, Instant? To, string Connection, string Medium);

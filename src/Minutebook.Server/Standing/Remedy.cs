using Minutebook.Core.Accounts;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What a person can do about a refusal.</summary>
internal static class Remedy
{
    public static string Of(in Engine.Decisions.Answer answer)
    {
        Permits? permits = answer.Permits;
        return answer.Decision.Reason switch
        {
            DecisionReason.Ok => "Nothing.",
            DecisionReason.AccountOverdue => $"{Pay(permits!)} New classes may begin at once. Classes that run go on.",
            DecisionReason.AccountSuspended => $"{Pay(permits!)} Everything is open again at once.{Release(permits!)}",
            DecisionReason.AccountTerminated => $"Account {permits!.Account} was terminated for a violation, and no payment restores it. Ask the operator.",
            DecisionReason.AccountReleased => $"Account {permits!.Account} is released for good. Open another account.",
            DecisionReason.PackageExpired => $"Buy a package for application {answer.Application}, or one of its account's.",
            DecisionReason.PackageExhausted =>
                $"Buy another package for application {answer.Application}, or switch its pay-as-you-go on.",
            DecisionReason.UnknownApplication => "Nobody has registered this application. Check its id, or put it under its account.",
        };
    }

    private static string Pay(Permits permits) =>
        $"Pay {Amount(permits.Owed, permits.Currency)} {permits.Currency} or more into the wallet of account {permits.Account}.";

    /// <summary>What is owed may be finer than coins: what is asked for must be enough.</summary>
    private static string Amount(Money owed, string currency)
    {
        int digits = Currency.TryGet(currency, out Currency? its) ? its.MinorDigits : 2;
        Money rounded = owed.RoundToMinor(digits);
        return rounded >= owed ? rounded.ToMinorString(digits) : owed.ToString();
    }

    private static string Release(Permits permits)
    {
        foreach ((Standing standing, long from) in permits.Standings)
        {
            if (standing == Standing.Released)
            {
                return $" Without that, recordings, configuration and applications are given up at {JsonText.Of(Instant.FromUnixTimeMilliseconds(from))}.";
            }
        }

        return "";
    }
}

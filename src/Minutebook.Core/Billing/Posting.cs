using Minutebook.Core.Units;

namespace Minutebook.Core.Billing;

/// <summary>One side of a movement of the wallet (rule 6.4). Both together sum to zero.</summary>
/// <param name="Account">The account of the ledger: <c>wallet</c>, or what stands against it.</param>
/// <param name="Amount">What it gains; below zero what it gives.</param>
public readonly record struct Posting(string Account, Money Amount)
{
    /// <summary>The wallet's own account of the ledger.</summary>
    public const string Wallet = "wallet";

    /// <summary>
    /// A movement as double entry: what the wallet gains, its counter-account gives. Money that is paid in comes from <c>cash</c>; what
    /// bills take is <c>revenue:usage</c>; what packages cost is <c>revenue:packages</c>, from which a refund comes back.
    /// </summary>
    /// <param name="kind">The movement's kind: topup, bill, package or refund.</param>
    /// <param name="amount">What the wallet gains by it.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind.</exception>
    public static IReadOnlyList<Posting> Of(string kind, Money amount) => [new(Wallet, amount), new(AgainstOf(kind), -amount)];

    private static string AgainstOf(string kind) => kind switch
    {
        "topup" => "cash",
        "bill" => "revenue:usage",
        "package" or "refund" => "revenue:packages",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The wallet has no movements of this kind."),
    };
}

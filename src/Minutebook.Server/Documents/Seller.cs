namespace Minutebook.Server;

/// <summary>Who issues bills, as it stands on them: from the environment, the same for the whole installation.</summary>
/// <param name="Name"><c>MINUTEBOOK_SELLER_NAME</c>; without it, Minutebook.</param>
/// <param name="Lines">Address and whatever else a bill has to say, line by line: <c>MINUTEBOOK_SELLER_ADDRESS</c>, lines parted by <c>|</c>.</param>
/// <param name="TaxNumber"><c>MINUTEBOOK_SELLER_TAX_NUMBER</c>.</param>
/// <param name="Note">What stands below the total, such as terms of payment: <c>MINUTEBOOK_BILL_NOTE</c>.</param>
internal sealed record Seller(string Name, IReadOnlyList<string> Lines, string? TaxNumber, string? Note)
{
    private const int MostCharacters = 2_000;

    public static Seller FromEnvironment() => new(
        Text("MINUTEBOOK_SELLER_NAME") ?? "Minutebook",
        Text("MINUTEBOOK_SELLER_ADDRESS")?.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        Text("MINUTEBOOK_SELLER_TAX_NUMBER"),
        Text("MINUTEBOOK_BILL_NOTE"));

    private static string? Text(string variable) => Environment.GetEnvironmentVariable(variable)?.Trim() is { Length: > 0 } text
        ? text[..Math.Min(text.Length, MostCharacters)]
        : null;
}

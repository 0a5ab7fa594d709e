using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>The upper part of a document's first page: seller, what it is, buyer, and the facts about it.</summary>
internal static class Letterhead
{
    private const double Middle = 300, Label = 62;

    public static void Write(
        Sheet sheet, Seller seller, string kind, string number, AccountState buyer, IReadOnlyList<(string Name, string Value)> facts)
    {
        double top = sheet.Y;
        double left = top + sheet.Write(seller.Name, Sheet.Left, top, Middle - Sheet.Left - 12, new Look(13, Bold: true));
        string[] from = [.. seller.Lines, .. seller.TaxNumber is { } tax ? [$"Tax number {tax}"] : Array.Empty<string>()];
        foreach (string line in from)
        {
            left += sheet.Write(line, Sheet.Left, left, Middle - Sheet.Left - 12, Look.Plain);
        }

        double right = top + sheet.Write(kind, Middle, top - 4, Sheet.Right - Middle, new Look(20, Bold: true, Right: true)) - 4;
        right += sheet.Write(number, Middle, right, Sheet.Right - Middle, Look.Plain.ToRight);
        sheet.Y = Math.Max(left, right) + 18;
        sheet.Rule();
        double below = sheet.Y + 10;
        left = below + sheet.Write("To", Sheet.Left, below, 200, Look.Small);
        left += sheet.Write(buyer.Name, Sheet.Left, left, Middle - Sheet.Left - 12, new Look(11, Bold: true));
        left += sheet.Write($"Account {buyer.Id}", Sheet.Left, left, Middle - Sheet.Left - 12, Look.Plain);
        right = below;
        foreach ((string name, string value) in facts)
        {
            sheet.Write(name, Middle, right, Label, Look.Plain with { Grey = true });
            right += sheet.Write(value, Middle + Label, right, Sheet.Right - Middle - Label, Look.Plain);
        }

        sheet.Y = Math.Max(left, right) + 20;
    }
}

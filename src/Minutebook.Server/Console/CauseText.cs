using System.Globalization;
using System.Text.RegularExpressions;

namespace Minutebook.Server;

/// <summary>Why a standing changed or an alert was told, in the reader's language. The book says it in English; what people wrote stays as it is.</summary>
internal static partial class CauseText
{
    private static readonly (Regex Cause, string Key)[] Known =
    [
        (Created(), "created"), (Bill(), "bill"), (TopUp(), "top-up"), (CreditLimit(), "credit-limit"), (Low(), "package-80-percent"), (UsedUp(), "package-used-up"),
        (Ending(), "package-ending"), (Ended(), "package-ended"), (Purchase(), "package"), (Refund(), "refund"), (Budget(), "budget"), (Overdue(), "overdue"),
        (Suspended(), "suspended"), (Terminated(), "terminated"), (Expired(), "package-expired"), (Exhausted(), "package-exhausted"), (Coming(), "release-coming"), (Release(), "release"),
    ];

    public static string Of(Visit visit, string cause)
    {
        foreach ((Regex known, string key) in Known)
        {
            if (known.Match(cause) is { Success: true } match)
            {
                string[] parts = [.. match.Groups.Values.Skip(1).Select(group => group.Value)];
                return match.Groups.ContainsKey("count")
                    ? visit.Texts.Count("cause." + key, long.Parse(parts[0], CultureInfo.InvariantCulture), parts[0])
                    : visit.Texts.Of("cause." + key, [.. parts]);
            }
        }

        return cause;
    }

    [GeneratedRegex("^account created$")]
    private static partial Regex Created();

    [GeneratedRegex("^bill (.+)$")]
    private static partial Regex Bill();

    [GeneratedRegex("^top-up (.+)$")]
    private static partial Regex TopUp();

    [GeneratedRegex("^credit limit$")]
    private static partial Regex CreditLimit();

    [GeneratedRegex("^package (.+) 80 % used$")]
    private static partial Regex Low();

    [GeneratedRegex("^package (.+) used up$")]
    private static partial Regex UsedUp();

    [GeneratedRegex("^package (.+) ends in 7 days$")]
    private static partial Regex Ending();

    [GeneratedRegex("^package (.+) ended$")]
    private static partial Regex Ended();

    [GeneratedRegex("^package (.+)$")]
    private static partial Regex Purchase();

    [GeneratedRegex("^refund (.+)$")]
    private static partial Regex Refund();

    [GeneratedRegex("^budget (.+): (.+) % of (.+)$")]
    private static partial Regex Budget();

    [GeneratedRegex("^overdue for (?<count>[0-9]+) hours?$")]
    private static partial Regex Overdue();

    [GeneratedRegex("^suspended for (?<count>[0-9]+) days?$")]
    private static partial Regex Suspended();

    [GeneratedRegex("^terminated (?<count>[0-9]+) days? ago$")]
    private static partial Regex Terminated();

    [GeneratedRegex("^package-expired$")]
    private static partial Regex Expired();

    [GeneratedRegex("^package-exhausted$")]
    private static partial Regex Exhausted();

    [GeneratedRegex("^(?<count>[0-9]+) days? before release$")]
    private static partial Regex Coming();

    [GeneratedRegex("^release of the account$")]
    private static partial Regex Release();
}

using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Minutebook.Core.Units;

/// <summary>
/// A currency of ISO 4217 (rule 1.2): those in use on 2026-01-01. Codes without a minor unit, such as metals and test codes, are none.
/// </summary>
/// <param name="Code">Three capital letters.</param>
/// <param name="MinorDigits">Digits after the point of its minor unit: 2 for USD, 0 for JPY, 3 for KWD.</param>
public sealed record Currency(string Code, int MinorDigits)
{
    private const string WithoutDigits = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    private const string WithTwoDigits = """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP
        CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD
        KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
        PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU
        UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
        """;
    private const string WithThreeDigits = "BHD IQD JOD KWD LYD OMR TND";
    private const string WithFourDigits = "CLF UYW";

    private static readonly FrozenDictionary<string, Currency> ByCode = new[]
        {
            Listed(WithoutDigits, 0), Listed(WithTwoDigits, 2), Listed(WithThreeDigits, 3), Listed(WithFourDigits, 4),
        }
        .SelectMany(some => some)
        .ToFrozenDictionary(currency => currency.Code, StringComparer.Ordinal);

    /// <summary>All of them, by code.</summary>
    public static IReadOnlyList<Currency> All { get; } = [.. ByCode.Values.OrderBy(currency => currency.Code, StringComparer.Ordinal)];

    /// <summary>The currency of that code; codes are in capital letters.</summary>
    public static bool TryGet(string code, [NotNullWhen(true)] out Currency? currency) => ByCode.TryGetValue(code, out currency);

    /// <summary>The currency of a code that is known to be one.</summary>
    /// <exception cref="ArgumentException">There is none of that code.</exception>
    public static Currency Get(string code) =>
        TryGet(code, out Currency? currency) ? currency : throw new ArgumentException($"'{code}' is no currency of ISO 4217.", nameof(code));

    /// <inheritdoc/>
    public override string ToString() => Code;

    private static IEnumerable<Currency> Listed(string codes, int minorDigits) =>
        codes.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(code => new Currency(code, minorDigits));
}

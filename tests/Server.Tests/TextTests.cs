using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

public sealed class TextTests
{
    [Theory]
    [InlineData("2027-01-02T03:04:05Z", "2027-01-02T03:04:05Z")]
    [InlineData("2027-01-02T03:04:05.6789Z", "2027-01-02T03:04:05.678Z")]
    [InlineData("2027-01-02T03:04:05.123456789123Z", "2027-01-02T03:04:05.123Z")]
    [InlineData("2027-01-02T11:04:05+08:00", "2027-01-02T03:04:05Z")]
    [InlineData("2027-01-02t03:04:05z", "2027-01-02T03:04:05Z")]
    public void Instants_are_read_as_RFC_3339_and_cut_to_milliseconds(string text, string expected)
    {
        Assert.True(Moments.TryInstant(text, out Instant instant));
        Assert.Equal(expected, JsonText.Of(instant));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2027-01-02")]
    [InlineData("2027-01-02T03:04:05")]
    [InlineData("2027-02-30T00:00:00Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("2027-01-02T24:00:00Z")]
    [InlineData("2027-01-02T23:59:60Z")]
    [InlineData("9999-01-01T00:00:00Z")]
    [InlineData("tomorrow")]
    public void What_is_no_instant_is_refused(string text) => Assert.False(Moments.TryInstant(text, out _));

    [Fact]
    public void Months_have_four_digits_and_two()
    {
        Assert.True(Moments.TryMonth("2027-03", out LocalDate first));
        Assert.Equal(new LocalDate(2027, 3, 1), first);
        Assert.False(Moments.TryMonth("2027-3", out _));
        Assert.False(Moments.TryMonth("2027-13", out _));
        Assert.False(Moments.TryMonth("2027-03-01", out _));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@A1", "'@A1")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    public void A_name_cannot_become_a_formula(string name, string field) => Assert.Equal(field, Csv.Field(name));

    [Fact]
    public void A_cursor_comes_back_as_it_was()
    {
        Assert.Equal((IEnumerable<string?>)["a", null, "ü"], Cursor.Read(Cursor.Of("a", null, "ü"), 3)!);
        Assert.Null(Cursor.Read(Cursor.Of("a"), 2));
        Assert.Null(Cursor.Read("!", 1));
        Assert.Null(Cursor.Read("bnVsbA", 1));
    }

    [Fact]
    public void What_is_sealed_opens_only_for_its_purpose()
    {
        var seal = new Seal(RandomNumberGenerator.GetBytes(32));
        string closed = seal.Close("secret"u8, "one");

        Assert.DoesNotContain("secret", Encoding.Latin1.GetString(Convert.FromBase64String(closed)));
        Assert.Equal("secret"u8.ToArray(), seal.Open(closed, "one"));
        Assert.ThrowsAny<CryptographicException>(() => seal.Open(closed, "other"));
        Assert.ThrowsAny<CryptographicException>(() => new Seal(RandomNumberGenerator.GetBytes(32)).Open(closed, "one"));
    }

    [Fact]
    public void The_fields_faults_are_found_all_at_once()
    {
        using var document = JsonDocument.Parse("""{"name":7,"flag":"yes","count":-1,"gone":null,"terms":{"hours":"x"},"roles":["a",""]}""");
        List<Fault> faults = [];
        var fields = new Fields(document.RootElement, "", faults);

        fields.Text("name");
        fields.Flag("flag");
        fields.Whole("count", 0, 10);
        fields.Text("gone");
        fields.Object("terms")!.Whole("hours", 0, 10);
        fields.Texts("roles", 5);
        fields.Require("missing");

        Assert.Equal(["/name", "/flag", "/count", "/gone", "/terms/hours", "/roles/1", "/missing"], faults.Select(fault => fault.Pointer));
    }

    [Fact]
    public void Shares_add_up_over_the_days_of_a_class_and_leave_other_rates_out()
    {
        SettledRow[] settled =
        [
            Settled("av-audio", "90", "10", "p1\t90"),
            Settled("av-audio", "5", "0", "p1\t3\np2\t2"),
            Settled("recording", "1000", "1000", ""),
        ];
        var account = new AccountState
        {
            Id = "x",
            Name = "X",
            Currency = "USD",
            TimeZone = "UTC",
            Standing = new AccountStanding.Good(0),
            NextClose = "2027-03-02",
            RateCards = [new CardChoice(PublicCard.Id, "2027-01-01")],
        };
        CardVersions card = CardVersions.None.Publish(PublicCard.Card, PublicCard.EffectiveFrom).Versions;

        Shares shares = Shares.Of(settled, Meter.Av, new RowRates(account, new Dictionary<string, CardVersions> { [PublicCard.Id] = card }));

        Assert.Equal((95m, 10m), (shares.Package, shares.PayAsYouGo));
        Assert.Equal([new CoveredMinutes("p1", 93), new CoveredMinutes("p2", 2)], shares.Packages);
    }

    private static SettledRow Settled(string rate, string package, string payAsYouGo, string packages) =>
        new("x", 0, "2027-03-01", 1, rate, "0", "0", package, payAsYouGo, "0", packages);
}

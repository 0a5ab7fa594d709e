using System.Net;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>Where webhooks may not be sent: however an address is written.</summary>
public sealed class TargetTests
{
    private static readonly string[] Hostile =
    [
        "http://127.0.0.1/", "http://127.0.0.1:8080/x", "https://127.1/", "http://127.000.000.001/", "http://0177.0.0.1/", "http://0x7f.0.0.1/", "http://0x7f000001/",
        "http://2130706433/", "http://017700000001/", "http://127.0.0.1./", "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://a.localhost/",
        "http://0.0.0.0/", "http://0/", "http://10.0.0.1/", "http://10.255.255.255/", "http://167772161/", "http://172.16.0.1/", "http://172.31.255.254/",
        "http://192.168.0.1/", "http://192.168.255.255/", "http://0xc0a80001/", "http://169.254.169.254/latest/meta-data/", "http://0xa9fea9fe/", "http://2852039166/",
        "http://100.64.0.1/", "http://100.127.255.254/", "http://192.0.0.1/", "http://198.18.0.1/", "http://224.0.0.1/", "http://239.255.255.255/", "http://240.0.0.1/",
        "http://255.255.255.255/", "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[::ffff:10.0.0.1]/", "http://[::ffff:169.254.169.254]/", "http://[::127.0.0.1]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fc00::1]/",
        "http://[fd12:3456:789a::1]/", "http://[ff02::1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::10.0.0.1]/", "http://[64:ff9b:1::7f00:1]/",
        "http://[2002:7f00:1::]/", "http://[2002:a00:1::]/", "http://[2001::1]/", "http://[fec0::1]/", "http://[100::1]/", "http://[5f00::1]/",
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)", "data:text/plain,x", "//example.com/", "example.com", "http://", "http:///x",
        "https://user@93.184.216.34/", "https://user:pass@93.184.216.34/", "https://93.184.216.34@127.0.0.1/", "https://93.184.216.34/#fragment", "http://127.0.0.1\\@93.184.216.34/",
        " http://93.184.216.34/", "http://93.184.216.34/\r\nX: y", "http://１２７.0.0.1/", "http://127。0。0。1/",
    ];

    public static TheoryData<string> Urls => [.. Hostile];

    [Theory]
    [MemberData(nameof(Urls))]
    public async Task A_hostile_target_is_refused(string url) => Assert.NotNull(await Targets.Of("").FaultAsync(url));

    [Theory]
    [InlineData("https://93.184.216.34/hook?x=1")]
    [InlineData("http://8.8.8.8:8080/")]
    [InlineData("http://172.32.0.1/")]
    [InlineData("http://172.15.255.255/")]
    [InlineData("http://100.63.255.255/")]
    [InlineData("http://100.128.0.0/")]
    [InlineData("http://169.253.0.1/")]
    [InlineData("http://[2606:2800:220:1:248:1893:25c8:1946]/")]
    [InlineData("https://a-name-that-does-not-resolve.invalid/")]
    public async Task A_public_target_is_taken(string url) => Assert.Null(await Targets.Of("").FaultAsync(url));

    [Fact]
    public async Task What_the_operator_names_is_allowed_and_nothing_beside_it()
    {
        Targets targets = Targets.Of("127.0.0.1, 10.1.0.0/16,fd00::/8");

        Assert.Null(await targets.FaultAsync("http://127.0.0.1:1234/"));
        Assert.Null(await targets.FaultAsync("http://[::ffff:127.0.0.1]/"));
        Assert.Null(await targets.FaultAsync("http://localhost/"));
        Assert.Null(await targets.FaultAsync("http://10.1.2.3/"));
        Assert.Null(await targets.FaultAsync("http://[fd12::1]/"));
        Assert.NotNull(await targets.FaultAsync("http://127.0.0.2/"));
        Assert.NotNull(await targets.FaultAsync("http://10.2.0.1/"));
        Assert.NotNull(await targets.FaultAsync("http://[fc00::1]/"));
        Assert.Throws<FormatException>(() => Targets.Of("everything"));
        Assert.True(targets.Allows(IPAddress.Parse("93.184.216.34")));
    }
}

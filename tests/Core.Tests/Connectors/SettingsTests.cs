using System.Text;
using System.Text.Json;
using Minutebook.Connectors;
using Xunit;

namespace Minutebook.Core.Tests.Connectors;

public sealed class SettingsTests
{
    [Fact]
    public void Every_connector_needs_a_secret_and_livekit_the_key_it_belongs_to()
    {
        Assert.Equal(["/secret"], Pointers("trtc", "{}"));
        Assert.Equal(["/secret"], Pointers("tiw", """{"secret":""}"""));
        Assert.Equal(["/secret", "/apiKey"], Pointers("livekit", """{"secret":7}"""));
        Assert.Equal([""], Pointers("trtc", "[]"));
        Assert.Equal(["/recorders"], Pointers("trtc", """{"secret":"s","recorders":[1]}"""));
        Assert.Equal(new ConnectorSettings("s", "k"), Settings("livekit", """{"secret":"s","apiKey":"k","more":true}"""));
    }

    [Fact]
    public void What_a_later_request_leaves_out_stays_as_it_is() =>
        Assert.Equal(new ConnectorSettings("new", "k"), Settings("livekit", """{"secret":"new"}""", new("old", "k")));

    [Fact]
    public void Settings_survive_being_stored_as_JSON_and_do_not_print_their_secret()
    {
        ConnectorSettings settings = Settings("trtc", """{"secret":"hidden","recorders":["rec-"]}""");

        ConnectorSettings again = JsonSerializer.Deserialize<ConnectorSettings>(JsonSerializer.Serialize(settings))!;

        Assert.Equal(("hidden", "rec-"), (again.Secret, Assert.Single(again.Recorders!)));
        Assert.DoesNotContain("hidden", settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_names_are_no_connector() => Assert.Null(Connector.Named("TRTC"));

    private static IEnumerable<string> Pointers(string connector, string body) =>
        Assert.IsType<Configuration.Invalid>(Connector.Named(connector)!.Configure(Encoding.UTF8.GetBytes(body))).Faults.Select(fault => fault.Pointer);

    private static ConnectorSettings Settings(string connector, string body, ConnectorSettings? before = null) =>
        Assert.IsType<Configuration.Valid>(Connector.Named(connector)!.Configure(Encoding.UTF8.GetBytes(body), before)).Settings;
}

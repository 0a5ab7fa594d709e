using System.Text;
using Minutebook.Core.Events;
using Xunit;

namespace Minutebook.Core.Tests.Events;

public sealed class Binary_mode
{
    private static readonly (string, string)[] Usual =
    [
        ("specversion", "1.0"), ("id", "e-1"), ("source", "//s"), ("type", "class.started"), ("time", "2026-03-02T08:00:00Z"), ("subject", "Physik é"),
    ];

    private readonly EventBatch batch = new();
    private readonly EventFaults faults = new();

    private int Read(string data, params (string Name, string Value)[] attributes) => new EventReader().ReadBinary(
        [.. attributes.Select(one => KeyValuePair.Create(one.Name, one.Value))], Encoding.UTF8.GetBytes(data), batch, Given.Now, faults);

    private string[] Pointers => [.. faults.Kept.Select(fault => fault.Pointer)];

    [Fact]
    public void The_headers_are_the_attributes_and_the_body_is_the_data()
    {
        Assert.Equal(1, Read(" {\"application\":\"app\",\"name\":\"N\"}\n", Usual));

        string structured = "{\"specversion\":\"1.0\",\"id\":\"e-1\",\"source\":\"//s\",\"type\":\"class.started\",\"time\":\"2026-03-02T08:00:00Z\"," +
            "\"subject\":\"Physik é\",\"data\":{\"application\":\"app\",\"name\":\"N\"}}";
        Assert.Equal(Given.Say(Reading.Of(structured).Batch), Given.Say(batch));
    }

    [Fact]
    public void An_unknown_type_is_kept_in_structured_mode()
    {
        Read("{\"application\":\"app\",\"x\":[1]}", [.. Usual.Where(one => one.Item1 != "type"), ("type", "x.\"y"), ("traceparent", "t")]);

        Reading again = Reading.Of(Encoding.UTF8.GetBytes(batch.String(batch[0].A)!));
        Assert.Equal(("x.\"y", "e-1"), (again.Text(again.Row.Name), again.Text(again.Row.Id)));
        Assert.Contains("\"x\":[1]", batch.String(batch[0].A));
    }

    [Theory]
    [InlineData("", "/data")]
    [InlineData("null", "/data")]
    [InlineData("[]", "/data")]
    [InlineData("{}", "/data/application")]
    [InlineData("{\"application\":\"app\"},\"id\":\"2\"", "")]
    [InlineData("{\"application\":\"app\"", "")]
    [InlineData("{\"application\":\"app\",\"application\":\"app\"}", "/data/application")]
    public void Data_that_is_no_object_or_lacks_what_it_needs_is_a_fault(string data, string pointer)
    {
        Assert.Equal(0, Read(data, Usual));
        Assert.Equal([pointer], Pointers);
    }

    [Fact]
    public void Attributes_are_checked_like_members()
    {
        Read("{\"application\":\"app\"}", ("specversion", "1.0"), ("id", ""), ("id", "2"), ("source", "\ud800"), ("type", "class.ended"), ("time", "now"));

        Assert.Equal(["/id", "/source", "/source", "/time", "/subject"], Pointers);
    }

    [Fact]
    public void Data_of_more_than_a_mebibyte_is_too_large()
    {
        Read($"{{\"application\":\"app\",\"x\":\"{new string('x', EventReader.MaxEventBytes)}\"}}", Usual);

        Assert.True(faults.TooLarge);
    }
}

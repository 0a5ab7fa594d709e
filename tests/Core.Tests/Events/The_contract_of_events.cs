using System.Text;
using Minutebook.Core.Events;
using Xunit;

namespace Minutebook.Core.Tests.Events;

/// <summary>The Events section of the HTTP contract, sentence by sentence, as far as reading goes.</summary>
public sealed class The_contract_of_events
{
    private const string Envelope = "\"specversion\":\"1.0\",\"id\":\"e-1\",\"source\":\"//s\",\"time\":\"2026-03-02T08:00:00Z\"";

    private static string Event(string type, string data, string subject = ",\"subject\":\"c-1\"") =>
        $"{{{Envelope},\"type\":\"{type}\"{subject},\"data\":{{\"application\":\"app\"{data}}}}}";

    private static string Joined(string more = "") => Event("participant.joined", ",\"user\":\"u-1\"" + more);

    [Theory]
    [InlineData(EventFormat.One, "EVENT", 1)]
    [InlineData(EventFormat.One, " \r\n EVENT \t\n", 1)]
    [InlineData(EventFormat.Array, "[]", 0)]
    [InlineData(EventFormat.Array, "[EVENT]", 1)]
    [InlineData(EventFormat.Array, "\n[ EVENT\n,\tEVENT ]\n", 2)]
    [InlineData(EventFormat.Lines, "", 0)]
    [InlineData(EventFormat.Lines, "EVENT", 1)]
    [InlineData(EventFormat.Lines, "EVENT\nEVENT\n", 2)]
    [InlineData(EventFormat.Lines, "\r\n EVENT \r\n\r\n \t\nEVENT\r\n", 2)]
    public void One_event_an_array_or_one_a_line(EventFormat format, string body, int count)
    {
        Reading reading = Reading.Of(body.Replace("EVENT", Joined()), format);

        Assert.Empty(reading.Faults.Kept);
        Assert.Equal(count, reading.Count);
    }

    [Theory]
    [InlineData(EventFormat.One, "")]
    [InlineData(EventFormat.One, "EVENT EVENT")]
    [InlineData(EventFormat.One, "[EVENT]")]
    [InlineData(EventFormat.One, "\uFEFFEVENT")]
    [InlineData(EventFormat.Array, "")]
    [InlineData(EventFormat.Array, "EVENT")]
    [InlineData(EventFormat.Array, "[EVENT")]
    [InlineData(EventFormat.Array, "[EVENT,]")]
    [InlineData(EventFormat.Array, "[,EVENT]")]
    [InlineData(EventFormat.Array, "[EVENT EVENT]")]
    [InlineData(EventFormat.Array, "[EVENT]]")]
    [InlineData(EventFormat.Array, "[EVENT,1]")]
    [InlineData(EventFormat.Array, "[EVENT,null]")]
    [InlineData(EventFormat.Array, "[EVENT,NaN]")]
    [InlineData(EventFormat.Array, "[EVENT,[EVENT]]")]
    [InlineData(EventFormat.Lines, "EVENT EVENT")]
    [InlineData(EventFormat.Lines, "EVENT,\nEVENT")]
    [InlineData(EventFormat.Lines, "[EVENT]")]
    [InlineData(EventFormat.Lines, "{\n}")]
    public void Anything_malformed_refuses_all(EventFormat format, string body)
    {
        Reading reading = Reading.Of(body.Replace("EVENT", Joined()), format);

        Assert.NotEmpty(reading.Faults.Kept);
        Assert.Equal((0, 0), (reading.Count, reading.Batch.Count));
    }

    [Fact]
    public void Each_fault_comes_with_its_index_and_what_was_there_before_stays()
    {
        string body = string.Join(',', Joined(), Event("class.ended", "", ""), Joined(), Event("storage.sampled", ",\"bytes\":-1"));

        Assert.Equal(["1/subject", "3/data/bytes"], Reading.Of($"[{body}]", EventFormat.Array).Pointers);

        var batch = new EventBatch();
        var faults = new EventFaults();
        var reader = new EventReader();
        Assert.Equal(1, reader.Read(Encoding.UTF8.GetBytes(Joined()), EventFormat.One, batch, Given.Now, faults));
        Assert.Equal(0, reader.Read(Encoding.UTF8.GetBytes($"[{body}]"), EventFormat.Array, batch, Given.Now, faults));
        Assert.Equal(1, batch.Count);
    }

    [Fact]
    public void A_hundred_faults_are_kept_and_then_no_more_is_read()
    {
        string body = string.Concat(Enumerable.Repeat("{}\n", 10_000));

        Reading reading = Reading.Of(body, EventFormat.Lines);

        Assert.Equal(EventFaults.Most, reading.Faults.Kept.Count);
        Assert.InRange(reading.Faults.Count, 100, 110);
    }

    [Fact]
    public void Malformed_JSON_is_told_with_the_byte()
    {
        Reading reading = Reading.Of($"[{Joined()},{{\"id\":tru}}]", EventFormat.Array);

        EventFault fault = Assert.Single(reading.Faults.Kept);
        Assert.Equal((1, ""), (fault.Index, fault.Pointer));
        Assert.Matches(@"Malformed JSON at byte \d+ of the body\.", fault.Detail);
    }

    [Fact]
    public void An_event_has_at_most_a_mebibyte()
    {
        string frame = Joined(",\"x\":\"\"");
        string full = Joined($",\"x\":\"{new string('x', EventReader.MaxEventBytes - frame.Length)}\"");
        string over = Joined($",\"x\":\"{new string('x', EventReader.MaxEventBytes - frame.Length + 1)}\"");

        Assert.Equal(EventReader.MaxEventBytes, full.Length);
        Assert.Equal(1, Reading.Of(full).Count);
        foreach ((EventFormat format, string body) in new[] { (EventFormat.One, over), (EventFormat.Array, $"[{over}]"), (EventFormat.Lines, over + "\n") })
        {
            Reading reading = Reading.Of(body, format);
            Assert.True(reading.Faults.TooLarge);
            Assert.Equal(0, reading.Count);
        }
    }

    [Theory]
    [InlineData(62, true)]
    [InlineData(63, false)]
    [InlineData(10_000, false)]
    public void An_event_has_at_most_64_levels_itself_and_its_data_the_first_two(int arrays, bool accepted)
    {
        Reading reading = Reading.Of($"[{Joined($",\"x\":{new string('[', arrays)}{new string(']', arrays)}")}]", EventFormat.Array);

        Assert.Equal(accepted, reading.Count == 1);
        Assert.Equal(accepted, !reading.Faults.Kept.Any(fault => fault.Detail.Contains("64 levels")));
    }

    [Theory]
    [InlineData("a", 256, true)]
    [InlineData("a", 257, false)]
    [InlineData("é", 256, true)]
    [InlineData("é", 257, false)]
    [InlineData("\U0001F600", 256, true)]
    [InlineData("\U0001F600", 257, false)]
    [InlineData("\\u00e9", 256, true)]
    [InlineData("\\u00e9", 257, false)]
    [InlineData("a", 1_000_000, false)]
    public void Ids_and_names_have_at_most_256_characters(string character, int times, bool accepted)
    {
        string text = string.Concat(Enumerable.Repeat(character, times));
        Reading id = Reading.Of(Joined().Replace("e-1", text)), user = Reading.Of(Joined().Replace("u-1", text));
        Reading type = Reading.Of(Joined().Replace("participant.joined", text)), role = Reading.Of(Joined($",\"role\":\"{text}\""));

        foreach ((Reading reading, string pointer) in new[] { (id, "0/id"), (user, "0/data/user"), (type, "0/type"), (role, "0/data/role") })
        {
            Assert.Equal(accepted ? [] : [pointer], reading.Pointers);
        }
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("9007199254740991", true)]
    [InlineData("9007199254740992", false)]
    [InlineData("9223372036854775807", false)]
    [InlineData("9223372036854775808", false)]
    [InlineData("-1", false)]
    [InlineData("-0", false)]
    [InlineData("1.5", false)]
    [InlineData("5.0", false)]
    [InlineData("1e3", false)]
    [InlineData("\"5\"", false)]
    [InlineData("true", false)]
    [InlineData("[]", false)]
    [InlineData("{}", false)]
    [InlineData("null", false)]
    public void Quantities_are_plain_integers_from_0_to_2_to_the_53_less_1(string number, bool accepted)
    {
        foreach ((string type, string member, string more) in new[]
        {
            ("participant.receiving", "pixels", ",\"user\":\"u\""), ("playback.viewed", "seconds", ",\"user\":\"u\",\"recording\":\"r\""),
            ("slicing.completed", "seconds", ",\"task\":\"t\",\"mode\":\"audio\""), ("screenshot.captured", "count", ""),
            ("storage.sampled", "bytes", ""), ("content.delivered", "bytes", ",\"kind\":\"vod\""),
        })
        {
            Reading reading = Reading.Of(Event(type, $"{more},\"{member}\":{number}"));
            Assert.Equal(accepted ? [] : [$"0/data/{member}"], reading.Pointers);
            Assert.True(!accepted || reading.Row.Quantity == long.Parse(number));
        }
    }

    [Fact]
    public void A_number_of_a_hundred_thousand_digits_is_refused() =>
        Assert.Equal(["0/data/bytes"], Reading.Of(Event("storage.sampled", $",\"bytes\":{new string('9', 100_000)}")).Pointers);

    [Theory]
    [InlineData("{\"id\":\"a\",EVENT")]
    [InlineData("{\"\\u0069d\":\"a\",EVENT")]
    [InlineData("{\"x\":1,\"x\":2,EVENT")]
    [InlineData("{\"x\":1,\"\\u0078\":2,EVENT")]
    [InlineData("{\"x\":{\"y\":1,\"y\":1},EVENT")]
    [InlineData("{\"x\":[{\"y\":{\"z\":1,\"z\":1}}],EVENT")]
    [InlineData("{\"data\":{},EVENT")]
    [InlineData("{\"subject\":null,EVENT")]
    public void A_key_that_comes_twice_is_a_fault(string start)
    {
        Reading reading = Reading.Of(start.Replace("EVENT", Joined()[1..]));

        Assert.Contains(reading.Faults.Kept, fault => fault.Detail.Contains("twice"));
    }

    [Fact]
    public void Many_different_keys_are_none_that_come_twice()
    {
        string keys = string.Concat(Enumerable.Range(0, 50_000).Select(i => $",\"k{i}\":{i}"));

        Assert.Equal(1, Reading.Of(Joined(keys)).Count);
        Assert.Equal(["0/data"], Reading.Of(Joined(keys + ",\"k77\":0")).Pointers);
    }

    [Fact]
    public void What_is_required_must_be_there_and_not_be_empty()
    {
        foreach (string member in new[] { "specversion", "id", "source", "type", "time", "subject", "application", "user" })
        {
            string pointer = member is "application" or "user" ? "0/data/" + member : "0/" + member;
            Assert.Equal([pointer], Reading.Of(Joined().Replace($"\"{member}\"", "\"x\"")).Pointers);
            foreach (string value in new[] { "\"\"", "null", "5", "{}", "[\"a\"]", "true" })
            {
                string changed = System.Text.RegularExpressions.Regex.Replace(Joined(), $"\"{member}\":\"[^\"]*\"", $"\"{member}\":{value}");
                Assert.Equal([pointer], Reading.Of(changed).Pointers);
            }
        }
    }

    [Theory]
    [InlineData("\"1.0\"", true)]
    [InlineData("\"0.3\"", false)]
    [InlineData("\"1.1\"", false)]
    [InlineData("1.0", false)]
    public void An_event_is_CloudEvents_1_0(string version, bool accepted) =>
        Assert.Equal(accepted, Reading.Of(Joined().Replace("\"1.0\"", version)).Count == 1);

    [Theory]
    [InlineData("")]
    [InlineData(",\"data\":null")]
    [InlineData(",\"data\":[]")]
    [InlineData(",\"data\":\"{}\"")]
    public void Data_is_an_object(string data) =>
        Assert.Equal(["0/data"], Reading.Of($"{{{Envelope},\"type\":\"x\"{data}}}").Pointers);

    [Fact]
    public void Data_in_base_64_is_refused_in_a_clear_sentence()
    {
        Reading reading = Reading.Of($"{{{Envelope},\"type\":\"class.ended\",\"subject\":\"c\",\"data_base64\":\"e30=\"}}");

        Assert.Equal(["0/data_base64", "0/data"], reading.Pointers);
        Assert.Contains("data_base64 is not read", reading.Faults.Kept[0].Detail);
    }

    [Fact]
    public void Unknown_fields_are_refused_nowhere()
    {
        string body = Joined(",\"x\":{\"deep\":[1,2.5e-3,null,{\"a\":\"\\ud83d\\ude00\"}]}")[..^1] + ",\"datacontenttype\":\"application/json\",\"n\":7}";

        Assert.Equal(1, Reading.Of(body).Count);
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00")]
    [InlineData("\\ud800\\ud800")]
    [InlineData("\\ud800x")]
    [InlineData("\\u0000")]
    public void Half_a_surrogate_pair_and_NUL_are_no_text(string escape)
    {
        Assert.Equal(["0/id"], Reading.Of(Joined().Replace("e-1", escape)).Pointers);
        Assert.Equal(["0/data/user"], Reading.Of(Joined().Replace("u-1", "u" + escape)).Pointers);
        Assert.Equal(escape != "\\u0000", Reading.Of(Joined($",\"x\":[\"{escape}\"]")).Faults.Count == 1);
    }

    [Theory]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xFF })]
    public void Bad_UTF_8_is_a_fault_of_its_event_wherever_it_stands(byte[] bad)
    {
        foreach (string place in new[] { "e-1", "u-1", "skipped", "key" })
        {
            byte[] body = Encoding.UTF8.GetBytes($"[{Joined()},{Joined(",\"key\":\"skipped\"")}]");
            int at = body.AsSpan().LastIndexOf(Encoding.UTF8.GetBytes(place));
            Reading reading = Reading.Of([.. body[..at], .. bad, .. body[at..]], EventFormat.Array);
            Assert.Equal(["1"], reading.Pointers);
        }
    }

    [Fact]
    public void An_unknown_type_is_kept_as_it_came()
    {
        string body = $"{{ {Envelope}, \"type\": \"vendor.\\u0061\", \"data\": {{ \"application\": \"app\", \"user\": 5 }} }}";

        Reading reading = Reading.Of($"[{body}]", EventFormat.Array);

        Assert.Equal(EventKind.Unknown, reading.Row.Kind);
        Assert.Equal(("vendor.a", "app", body), (reading.Text(reading.Row.Name), reading.Text(reading.Row.Application), reading.Text(reading.Row.A)));
        Assert.Equal(["0/data/application"], Reading.Of(body.Replace("\"app\"", "null")).Pointers);
    }

    [Theory]
    [InlineData("class.started", ",\"name\":\"N\"", true)]
    [InlineData("class.started", "", true)]
    [InlineData("class.ended", "", true)]
    [InlineData("participant.joined", ",\"user\":\"u\",\"role\":\"r\",\"connection\":\"k\",\"medium\":\"av\"", true)]
    [InlineData("participant.left", ",\"user\":\"u\",\"role\":\"r\",\"connection\":\"k\",\"medium\":\"whiteboard\",\"joinedAt\":\"2026-03-02T07:00:00Z\"", true)]
    [InlineData("participant.receiving", ",\"user\":\"u\",\"connection\":\"k\",\"pixels\":921600", true)]
    [InlineData("recording.completed", ",\"recording\":\"r\",\"files\":[]", true)]
    [InlineData("playback.viewed", ",\"recording\":\"r\",\"user\":\"u\",\"seconds\":1", true)]
    [InlineData("slicing.completed", ",\"task\":\"t\",\"mode\":\"video\",\"seconds\":1,\"stored\":true", true)]
    [InlineData("screenshot.captured", ",\"count\":1", false)]
    [InlineData("storage.sampled", ",\"bytes\":1", false)]
    [InlineData("content.delivered", ",\"bytes\":1,\"kind\":\"download\",\"section\":\"s\",\"organization\":\"o\",\"department\":\"d\",\"user\":\"u\"", false)]
    [InlineData("event.voided", ",\"source\":\"//s\",\"id\":\"e-0\",\"subject\":\"c-1\"", false)]
    public void The_table_of_types(string type, string data, bool needsSubject)
    {
        Reading reading = Reading.Of(Event(type, data));
        Assert.Equal(type, Encoding.UTF8.GetString(Words.Of(reading.Row.Kind)));
        Assert.Equal(needsSubject ? ["0/subject"] : [], Reading.Of(Event(type, data, "")).Pointers);
        Assert.Equal(needsSubject ? ["0/subject"] : [], Reading.Of(Event(type, data, ",\"subject\":\"\"")).Pointers);
    }

    [Theory]
    [InlineData("participant.joined", ",\"user\":\"u\"", "medium", "AV", "video", "")]
    [InlineData("slicing.completed", ",\"task\":\"t\",\"seconds\":1", "mode", "Audio", "mixed", "")]
    [InlineData("content.delivered", ",\"bytes\":1", "kind", "VOD", "vod ", "")]
    public void Words_of_the_table_are_exact(string type, string data, string member, params string[] wrong) =>
        Assert.All(wrong, word => Assert.Equal([$"0/data/{member}"], Reading.Of(Event(type, $"{data},\"{member}\":\"{word}\"")).Pointers));

    [Theory]
    [InlineData("{\"kind\":\"mixed\",\"seconds\":60,\"user\":\"u\",\"bytes\":9}", "")]
    [InlineData("{\"kind\":\"\\u0061udio\",\"seconds\":0,\"user\":null,\"bytes\":null,\"x\":{}}", "")]
    [InlineData("{\"seconds\":60}", "0/data/files/0/kind")]
    [InlineData("{\"kind\":\"video\",\"seconds\":60}", "0/data/files/0/kind")]
    [InlineData("{\"kind\":7,\"seconds\":60}", "0/data/files/0/kind")]
    [InlineData("{\"kind\":[\"audio\"],\"seconds\":60}", "0/data/files/0/kind")]
    [InlineData("{\"kind\":\"audio\"}", "0/data/files/0/seconds")]
    [InlineData("{\"kind\":\"audio\",\"seconds\":1.5}", "0/data/files/0/seconds")]
    [InlineData("{\"kind\":\"audio\",\"seconds\":1,\"bytes\":-1}", "0/data/files/0/bytes")]
    [InlineData("{\"kind\":\"audio\",\"seconds\":1,\"user\":{}}", "0/data/files/0/user")]
    [InlineData("{\"kind\":\"audio\",\"seconds\":1,\"user\":\"\\u0000\"}", "0/data/files/0/user")]
    [InlineData("{\"kind\":\"audio\",\"seconds\":1,\"seconds\":2}", "0/data/files")]
    [InlineData("7", "0/data/files/0")]
    public void Files_of_a_recording(string file, string fault) =>
        Assert.Equal(fault.Length == 0 ? [] : [fault], Reading.Of(Event("recording.completed", $",\"recording\":\"r\",\"files\":[{file}]")).Pointers);

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("\"a\"")]
    public void Files_are_an_array(string files) =>
        Assert.Equal(["0/data/files"], Reading.Of(Event("recording.completed", $",\"recording\":\"r\",\"files\":{files}")).Pointers);

    [Fact]
    public void Optional_texts_that_are_empty_or_null_are_as_if_left_out()
    {
        foreach (string nothing in new[] { "\"\"", "null" })
        {
            EventRow row = Reading.Of(Joined($",\"role\":{nothing},\"connection\":{nothing}")).Row;
            Assert.Equal((EventRow.None, EventRow.None), (row.Role, row.Connection));
        }

        Assert.Equal(0, Reading.Of(Joined(",\"medium\":null")).Row.Mode);
    }

    [Fact]
    public void A_void_names_source_and_id_and_the_same_identity()
    {
        Reading reading = Reading.Of($"[{Joined()},{Event("event.voided", ",\"source\":\"//s\",\"id\":\"e-1\"", "").Replace("\"id\":\"e-1\",\"source", "\"id\":\"v\",\"source")}]",
            EventFormat.Array);

        EventRow voided = reading.Batch[1];
        Assert.Equal(reading.Row.Identity, reading.Batch.IdentityOf(voided.A, voided.B));
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>How JSON looks here: camelCase, instants in UTC with Z, dates ISO, nulls written.</summary>
internal static class JsonText
{
    // Up to milliseconds, because that is what instants hold (rule 1.1); none where there are none.
    private static readonly InstantPattern Written = InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm:ss.FFF'Z'");

    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        // Names in every script stay readable; what matters in HTML is still escaped.
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        Converters =
        {
            new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower),
            new InstantConverter(),
            new DateConverter(),
        },
    };

    public static string Of(Instant instant) => Written.Format(instant);

    public static string Of(LocalDate date) => LocalDatePattern.Iso.Format(date);

    private sealed class InstantConverter : JsonConverter<Instant>
    {
        public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) => writer.WriteStringValue(Of(value));
    }

    private sealed class DateConverter : JsonConverter<LocalDate>
    {
        public override LocalDate Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, LocalDate value, JsonSerializerOptions options) => writer.WriteStringValue(Of(value));
    }
}

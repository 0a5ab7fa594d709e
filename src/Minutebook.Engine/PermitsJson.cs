using System.Text.Json;
using Minutebook.Core.Accounts;

namespace Minutebook.Engine;

/// <summary>What decisions go by, as processes tell each other.</summary>
internal static class PermitsJson
{
    private static readonly JsonSerializerOptions Options = new() { IncludeFields = true, Converters = { new MoneyConverter() } };

    public static string Write(Permits permits) => JsonSerializer.Serialize(permits, Options);

    public static Permits Read(string json) => JsonSerializer.Deserialize<Permits>(json, Options) ?? throw new FormatException("Permits are null.");

    private sealed class MoneyConverter : System.Text.Json.Serialization.JsonConverter<Core.Units.Money>
    {
        public override Core.Units.Money Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => Core.Units.Money.Parse(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, Core.Units.Money value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace Minutebook.Core.Accounts;

/// <summary>A field of a change that may be left out; left out (the default) means that what is there stays as it is. Given may be null.</summary>
/// <param name="Value">What was given; meaningless when nothing was.</param>
[JsonConverter(typeof(GivenConverter))]
public readonly record struct Given<T>(T? Value)
{
    /// <summary>Whether something was given, if only null.</summary>
    public bool IsGiven { get; } = true;

    /// <summary>What was given, or else what is there.</summary>
    public T? Or(T? present) => IsGiven ? Value : present;
}

/// <summary>Writes <see cref="Given{T}"/> as its value; what is not given must be left out by the property's ignore condition.</summary>
public sealed class GivenConverter : JsonConverterFactory
{
    /// <inheritdoc/>
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Given<>);

    /// <inheritdoc/>
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class Of<T> : JsonConverter<Given<T>>
    {
        public override bool HandleNull => true;

        public override Given<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(JsonSerializer.Deserialize<T>(ref reader, options));

        public override void Write(Utf8JsonWriter writer, Given<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Value, options);
    }
}

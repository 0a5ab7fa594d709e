using System.Text.Json;

namespace Minutebook.Core.Rating;

/// <summary>A package on sale as canonical JSON.</summary>
internal static class ProductJson
{
    public static void Write(PackageProduct product, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("sku", product.Sku);
        writer.WriteString("name", product.Name);
        writer.WritePropertyName("quantity");
        writer.WriteRawValue(product.Quantity.ToString());
        writer.WriteString("unit", product.Unit);
        writer.WriteStartArray("covers");
        foreach (Cover cover in product.Covers)
        {
            writer.WriteStartObject();
            writer.WriteString("rate", cover.Rate);
            writer.WriteString("ratio", cover.Ratio.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("scope", CardWords.Of(product.Scope));
        writer.WriteString("validity", product.Validity.ToString());
        writer.WriteString("price", product.Price.ToString());
        writer.WriteEndObject();
    }
}

using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Minutebook.Server;

/// <summary>The console's texts in one language: a file of <c>Console/Texts</c>. A further language is a further file.</summary>
public sealed class Texts
{
    private const string Folder = "texts/";
    private const string English = "en";

    private static readonly Dictionary<string, Texts> All = Read();

    private readonly Dictionary<string, string> texts;

    private Texts(string language, Dictionary<string, string> texts)
    {
        Language = language;
        this.texts = texts;
    }

    /// <summary>Every language there is, in the order of their tags.</summary>
    public static IEnumerable<Texts> Languages => All.Values.OrderBy(language => language.Language, StringComparer.Ordinal);

    /// <summary>Its tag, such as <c>zh-Hans</c>.</summary>
    public string Language { get; }

    /// <summary>The keys that have a text.</summary>
    public IEnumerable<string> Keys => texts.Keys;

    /// <summary>The text of a key. A key without a text is a defect, and shows as itself.</summary>
    public string this[string key] => Find(key) ?? key;

    /// <summary>A text with what it speaks of put in.</summary>
    public string Of(string key, params ReadOnlySpan<object?> with) => string.Format(CultureInfo.InvariantCulture, this[key], with);

    /// <summary>A number and what it counts: <c>key.one</c> for one, <c>key.other</c> for the rest.</summary>
    public string Count(string key, long count, string shown) => Of(count == 1 ? key + ".one" : key + ".other", shown);

    /// <summary>The text of a key, or null; for what may come from elsewhere.</summary>
    public string? Find(string key) => texts.GetValueOrDefault(key) ?? All[English].texts.GetValueOrDefault(key);

    /// <summary>The language that was chosen, else the first that the browser asks for and there is, else English.</summary>
    public static Texts For(string? chosen, string accepted)
    {
        if (chosen is not null && All.TryGetValue(chosen, out Texts? known))
        {
            return known;
        }

        return accepted.Split(',', StringSplitOptions.TrimEntries).Select(range => range.Split(';')[0])
            .Select(Speaking).FirstOrDefault(language => language is not null) ?? All[English];
    }

    private static Texts? Speaking(string range) => Languages.FirstOrDefault(
        language => range.Split('-')[0].Equals(language.Language.Split('-')[0], StringComparison.OrdinalIgnoreCase));

    private static Dictionary<string, Texts> Read()
    {
        Assembly assembly = typeof(Texts).Assembly;
        Dictionary<string, Texts> all = new(StringComparer.OrdinalIgnoreCase);
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)))
        {
            using Stream file = assembly.GetManifestResourceStream(name)!;
            string language = Path.GetFileNameWithoutExtension(name);
            all[language] = new Texts(language, JsonSerializer.Deserialize<Dictionary<string, string>>(file)!);
        }

        return all;
    }
}

using System.Text.Json;

namespace Minutebook.Core.Events;

/// <summary>Stands in until the readers are merged: looks only whether it is JSON with ids. Delete with this folder.</summary>
public static class EventReader
{
    public static void Read(ReadOnlySpan<byte> body, EventFormat format, EventBatch into, long nowMs, EventFaults faults)
    {
        try
        {
            using var document = JsonDocument.Parse(body.ToArray());
            JsonElement root = document.RootElement;
            int index = 0;
            foreach (JsonElement one in root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : (JsonElement[])[root])
            {
                if (one.ValueKind != JsonValueKind.Object || !one.TryGetProperty("id", out _))
                {
                    faults.Add(index, format == EventFormat.Single ? "/id" : $"/{index}/id", "An event needs an id.");
                }

                into.Add();
                index++;
            }
        }
        catch (JsonException wrong)
        {
            faults.Add(0, "", wrong.Message);
        }
    }
}

public enum EventFormat
{
    Single,
    Array,
    Lines,
}

public sealed record EventFault(int Index, string Pointer, string Detail);

public sealed class EventFaults
{
    private readonly List<EventFault> all = [];

    public int Count => all.Count;
    public bool TooLarge => false;
    public IReadOnlyList<EventFault> All => all;

    public void Add(int index, string pointer, string detail) => all.Add(new EventFault(index, pointer, detail));
}

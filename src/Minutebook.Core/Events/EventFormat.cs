namespace Minutebook.Core.Events;

/// <summary>How events stand in the body of a request.</summary>
public enum EventFormat
{
    /// <summary>One CloudEvent in structured mode: <c>application/cloudevents+json</c>.</summary>
    One = 0,
    /// <summary>A JSON array of them: <c>application/cloudevents-batch+json</c> and <c>application/json</c>.</summary>
    Array = 1,
    /// <summary>One a line, blank lines ignored: <c>application/x-ndjson</c>.</summary>
    Lines = 2,
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>One request to an endpoint, and all that is wrong with it.</summary>
internal sealed class Call(HttpContext http, Engine.Engine engine) : IDisposable
{
    private const int MostDocument = 1 << 20;
    private const int MostForm = 64 << 10;
    private const string Slash = "%2F";

    private readonly List<Fault> faults = [];
    private Problem? refused;
    private Body? body;
    private JsonDocument? document;

    public HttpContext Http => http;
    public Engine.Engine Engine => engine;
    public CancellationToken Cancellation => http.RequestAborted;

    /// <summary>Who calls. Where no key is needed, there is nobody, and nothing that is an account's may be shown.</summary>
    public Caller Caller => Caller.Of(http) ?? throw new InvalidOperationException("This request has no caller.");

    /// <summary>Why it cannot be done as it was asked; null when nothing is wrong.</summary>
    public Problem? Refusal => refused ?? (faults.Count > 0 ? Problem.Invalid(faults) : null);

    public void Fault(string name, string detail) => faults.Add(new Fault("/" + name, detail));

    public void Refuse(Problem why) => refused = why;

    /// <summary>An id from the path.</summary>
    public string Path(string name) => Fit(name, static value => Fields.Unfit(value));

    /// <summary>An id from the path that events gave.</summary>
    public string EventsPath(string name) => Fit(name, static value => Fields.UnfitForEvents(value));

    private string Fit(string name, Func<string, string?> unfit)
    {
        string value = PathValue(http, name);
        if (unfit(value) is { } wrong)
        {
            Fault(name, wrong);
        }

        return value;
    }

    /// <summary>An id from the path as it was meant.</summary>
    // Kestrel decodes all of a path but the slash, which would otherwise part it. Where it left one, or an id has that very text, only
    // what was sent can tell.
    public static string PathValue(HttpContext http, string name)
    {
        string value = (string?)http.GetRouteValue(name) ?? "";
        return value.Contains(Slash, StringComparison.OrdinalIgnoreCase) ? Sent(http, name, WithSlashes(value)) : value;
    }

    private static string Sent(HttpContext http, string name, string value)
    {
        string[] sent = (http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "").Split('?')[0].Split('/');
        var pattern = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.PathSegments;
        int at = pattern?.ToList().FindIndex(segment => segment.Parts is [RoutePatternParameterPart part] && part.Name == name) ?? -1;
        string its = at >= 0 && at + 1 < sent.Length ? Uri.UnescapeDataString(sent[at + 1]) : "";
        return WithSlashes(its) == value ? its : value;
    }

    private static string WithSlashes(string text) => text.Replace(Slash, "/", StringComparison.OrdinalIgnoreCase);

    /// <summary>A parameter of the query; null when it is left out or empty. What a caller's key is limited to, it asks for.</summary>
    public string? Query(string name)
    {
        var values = http.Request.Query[name];
        if (values.Count > 1)
        {
            Fault(name, "This parameter is given more than once.");
        }

        string? asked = values.Count == 0 || string.IsNullOrEmpty(values[0]) ? null : values[0];
        string? only = name switch
        {
            "account" => Caller.Account,
            "organization" => Caller.Organization,
            "department" => Caller.Department,
            _ => null,
        };
        if (only is null || asked is null || asked == only)
        {
            return asked ?? only;
        }

        refused ??= Problem.NotFound($"{name} {asked}");
        return only;
    }

    /// <summary>A parameter of the query that may only have these values.</summary>
    public string? Query(string name, params ReadOnlySpan<string> choices)
    {
        string? value = Query(name);
        if (value is null || choices.Contains(value))
        {
            return value;
        }

        Fault(name, $"This must be one of {string.Join(", ", choices.ToArray())}.");
        return null;
    }

    /// <summary>How many items a page of a list may have.</summary>
    public int Limit()
    {
        if (Query("limit") is not { } text)
        {
            return 100;
        }

        if (int.TryParse(text, NumberStyles.None, null, out int limit) && limit is >= 1 and <= 1000)
        {
            return limit;
        }

        Fault("limit", "This must be a whole number from 1 to 1000.");
        return 1;
    }

    /// <summary>Where a list is to go on: the parts of the last item's key; null for its beginning.</summary>
    public string?[]? After(int parts)
    {
        if (Query("cursor") is not { } text)
        {
            return null;
        }

        string?[]? key = Cursor.Read(text, parts);
        if (key is null)
        {
            RefuseCursor();
        }

        return key;
    }

    /// <summary>The same where a number orders the list.</summary>
    /// <param name="otherwise">What stands for the beginning.</param>
    public long AfterNumber(long otherwise)
    {
        if (After(1) is not { } key)
        {
            return otherwise;
        }

        if (Cursor.Number(key[0]) is { } number)
        {
            return number;
        }

        RefuseCursor();
        return otherwise;
    }

    /// <summary>Says of what was handed back as a cursor that it is none of this list's.</summary>
    public void RefuseCursor(string name = "cursor") =>
        Fault(name, "This cursor does not belong to this list. Send the value of `next` unchanged.");

    /// <summary>The body as a JSON object; null when there is none, and then <see cref="Refusal"/> says why.</summary>
    public async Task<Fields?> FieldsAsync()
    {
        if (http.Request.ContentType is { Length: > 0 } type && !MediaType.IsJson(type))
        {
            refused = new Problem(Code.UnsupportedMediaType, "The body must be JSON: send it with Content-Type application/json.");
            return null;
        }

        body = await Body.ReadAsync(http.Request, MostDocument, Cancellation);
        refused ??= body.Refused;
        return refused is null ? Parsed(body.Memory) : null;
    }

    /// <summary>Fields that a page of ours made of a form, read like a body.</summary>
    public Fields FieldsOf(JsonElement body) => new(body, "", faults);

    /// <summary>The body as what was filled in in a form; null when it cannot be taken, and then <see cref="Refusal"/> says why.</summary>
    public async Task<IReadOnlyDictionary<string, StringValues>?> FormAsync()
    {
        body = await Body.ReadAsync(http.Request, MostForm, Cancellation);
        refused ??= body.Refused;
        return refused is null ? QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span)) : null;
    }

    /// <summary>What the account's row says of it; null when there is no such account, or it is halted, and then <see cref="Refusal"/> says so.</summary>
    public AccountState? Account(Store.Reader read, string account)
    {
        AccountState? state = AccountAsItStands(read, account);
        if (state is null || HaltedAt(account) is not { } since)
        {
            return state;
        }

        refused = Problem.Halted(account, since);
        return null;
    }

    /// <summary>The same, also of a halted account: for what is on record, and no figure of now.</summary>
    public AccountState? AccountAsItStands(Store.Reader read, string account)
    {
        AccountState? state = Refusal is null && Caller.Sees(account) ? read.State(account) : null;
        if (state is null && faults.Count == 0)
        {
            refused ??= Caller.Sees(account) && HaltedAt(account) is { } since ? Problem.Halted(account, since) : Problem.NotFound($"account {account}");
        }

        return state;
    }

    /// <summary>Since when a halted account has stood still; null of one that is none.</summary>
    public Instant? HaltedAt(string account) => engine.Decisions.HaltedAt(account) is { } at ? Instant.FromUnixTimeMilliseconds(at) : null;

    /// <summary>Has a command decided. Null when it was refused, and then <see cref="Refusal"/> says why.</summary>
    public async Task<Outcome?> ExecuteAsync(Command command)
    {
        Outcome outcome = await engine.ExecuteAsync(command with { By = Caller.AskerFrom(http) });
        if (outcome.Refusal is null)
        {
            return outcome;
        }

        refused = Problem.Of(outcome);
        return null;
    }

    public void Dispose()
    {
        document?.Dispose();
        body?.Dispose();
    }

    private Fields? Parsed(ReadOnlyMemory<byte> json)
    {
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            faults.Add(new Fault("", $"The body is not valid JSON: {wrong.Message}"));
            return null;
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return new Fields(document.RootElement, "", faults);
        }

        faults.Add(new Fault("", "The body must be a JSON object."));
        return null;
    }
}

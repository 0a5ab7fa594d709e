using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>One request of a person to the console: who asks, in which language, of which account. What components are given has to be public.</summary>
public sealed class Visit
{
    private readonly HttpRequest request;
    private readonly Call? call;
    private readonly Caller? caller;

    internal Visit(HttpContext http, Call? call, Texts texts, string theme, string token)
    {
        this.call = call;
        caller = Caller.Of(http);
        request = http.Request;
        Texts = texts;
        Theme = theme;
        Token = token;
        Now = call?.Engine.Now ?? default;
        Show = new Show(texts, DateTimeZone.Utc, Now);
    }

    internal Call Call => call ?? throw new InvalidOperationException("This page is about a request that came to nothing.");
    public Texts Texts { get; }
    /// <summary>light, dark or auto.</summary>
    public string Theme { get; }
    /// <summary>Whether the reader sees more than a share of the cloud usage.</summary>
    public bool ReadsAll => caller is { Role: not KeyRole.Department };
    /// <summary>Whether the reader may change what an account has.</summary>
    public bool Runs => caller is { Role: KeyRole.Admin or KeyRole.Operator };
    public bool IsAdmin => caller is { Role: KeyRole.Admin };
    /// <summary>What forms carry against forged ones; empty for who is not signed in by a session.</summary>
    public string Token { get; }
    public Instant Now { get; }
    public Show Show { get; private set; }
    /// <summary>The account that the page is about; null where it is about none.</summary>
    public AccountState? Account { get; private set; }
    /// <summary>As of when its figures are, where it is halted; null while it goes on.</summary>
    public Instant? HaltedAt { get; internal set; }
    /// <summary>Accounts to change to, by id and name.</summary>
    public IReadOnlyList<(string Id, string Name)> Others { get; internal set; } = [];
    /// <summary>What was just done, or refused, as a sentence; null for nothing.</summary>
    public string? Said { get; internal set; }
    public bool SaidIsRefusal { get; internal set; }
    /// <summary>The field of a form that was refused for what stands in it; null where it was for no field's sake.</summary>
    public string? FieldAtFault { get; private set; }
    /// <summary>What was filled in; null where nothing was sent.</summary>
    internal IReadOnlyDictionary<string, StringValues>? Form { get; set; }

    /// <summary>What was filled in and refused: it need not be typed again.</summary>
    public string? Typed(string field) =>
        SaidIsRefusal && Form?.GetValueOrDefault(field).ToString() is { Length: > 0 } typed ? typed : null;

    /// <summary>Whether a box of that name and value was ticked in what was refused.</summary>
    public bool IsTicked(string field, string value) => SaidIsRefusal && Form is not null && Form.GetValueOrDefault(field).Contains(value);

    /// <summary>What a field carries that is at fault: whoever is told of it is led there.</summary>
    public IReadOnlyDictionary<string, object> FaultOf(string field) => field == FieldAtFault
        ? new Dictionary<string, object> { ["aria-invalid"] = "true", ["aria-describedby"] = "fault", ["autofocus"] = true }
        : [];

    /// <summary>The address of this page, without what was just done.</summary>
    public string Here => With(("said", null));

    internal void About(AccountState account)
    {
        Account = account;
        Show = new Show(Texts, new Calendar(account.TimeZone).Zone, Now);
    }

    /// <summary>What was asked for was not done: says why, by a text or by the refusal's own sentence.</summary>
    internal void Refuse(string? text = null, string? field = null)
    {
        FieldAtFault = field;
        Said = text is null ? Call.Refusal?.Detail : Texts[text];
        SaidIsRefusal = true;
    }

    public string? Query(string name) => request.Query[name] is [{ Length: > 0 } value, ..] ? value : null;

    /// <summary>A parameter that is a whole number, not below zero; null where there is none.</summary>
    public int? Whole(string name) => int.TryParse(Query(name), System.Globalization.NumberStyles.None, null, out int number) ? number : null;

    /// <summary>A parameter's values, given one by one or by comma.</summary>
    public IReadOnlyList<string> Values(string name) => request.Query[name].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>All parameters that are given.</summary>
    public IEnumerable<(string Name, string Value)> Parameters =>
        request.Query.Select(pair => (pair.Key, pair.Value.ToString())).Where(pair => pair.Item2.Length > 0);

    /// <summary>A page of the account; "" for its dashboard.</summary>
    public string To(string page) => AddressOf(Account!.Id, page);

    public string ToClass(string application, string id) => To($"classes/{Uri.EscapeDataString(application)}/{Uri.EscapeDataString(id)}");

    public string ToBill(string number) => To("bills/" + Uri.EscapeDataString(number));

    /// <summary>All that is of a name, users and events too.</summary>
    public string ToSearch(string text) => QueryHelpers.AddQueryString(
        "/search", new Dictionary<string, string?> { ["account"] = Account!.Id, ["q"] = text, ["all"] = "1" });

    public static string AddressOf(string account, string page) =>
        $"/accounts/{Uri.EscapeDataString(account)}{(page.Length > 0 ? "/" : "")}{page}";

    /// <summary>This page with parameters changed; null takes one away.</summary>
    public string With(params ReadOnlySpan<(string Name, string? Value)> changes)
    {
        Dictionary<string, string?> query = request.Query.ToDictionary(pair => pair.Key, pair => (string?)pair.Value);
        foreach ((string name, string? value) in changes)
        {
            query[name] = value;
        }

        return QueryHelpers.AddQueryString(
            request.Path.ToUriComponent(),
            query.Where(pair => !string.IsNullOrEmpty(pair.Value)).Select(pair => KeyValuePair.Create(pair.Key, new StringValues(pair.Value))));
    }
}

using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace Minutebook.Server;

/// <summary>What the OpenAPI document says of an endpoint, beyond its path and method.</summary>
/// <param name="Id">Its operation's id.</param>
/// <param name="Summary">What it does, in a sentence.</param>
internal sealed record Doc(string Id, string Summary)
{
    /// <summary>The type of what is sent, for its schema.</summary>
    public Type? Takes { get; init; }
    /// <summary>As which media types it may be sent.</summary>
    public IReadOnlyList<string> As { get; init; } = ["application/json"];
    /// <summary>The type of what is answered; null for an empty body or one without schema.</summary>
    public Type? Gives { get; init; }
    /// <summary>Other media types of the answer.</summary>
    public IReadOnlyList<string> AlsoAs { get; init; } = [];
    /// <summary>The statuses of success.</summary>
    public IReadOnlyList<int> Statuses { get; init; } = [200];
    /// <summary>Parameters of the query, each with what it means.</summary>
    public IReadOnlyList<(string Name, string Meaning)> Query { get; init; } = [];
    /// <summary>Problems beyond those that every endpoint may have.</summary>
    public IReadOnlyList<Code> Problems { get; init; } = [];
    /// <summary>Whether it answers without a key.</summary>
    public bool Open { get; init; }

    /// <summary>Parameters of every list.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> Paging { get; } =
        [("limit", "Items a page, 1 to 1000; 100 when left out."), ("cursor", "What the page before gave as next.")];
}

/// <summary>Where endpoints are registered. Handlers get the request and give a result; nothing is bound behind their back.</summary>
internal sealed class Routes(IEndpointRouteBuilder builder, Engine.Engine engine, Sessions sessions)
{
    public Engine.Engine Engine => engine;

    public void Get(string pattern, Doc doc, Func<Call, IResult> handler) =>
        Add("GET", pattern, doc, call => Task.FromResult(handler(call)));

    public void Put(string pattern, Doc doc, Func<Call, Task<IResult>> handler) => Add("PUT", pattern, doc, handler);

    public void Post(string pattern, Doc doc, Func<Call, Task<IResult>> handler) => Add("POST", pattern, doc, handler);

    /// <summary>The handler gets the body as a JSON object; one that is none is refused before.</summary>
    public void Put(string pattern, Doc doc, Func<Call, Fields, Task<IResult>> handler) => Put(pattern, doc, call => ReadAsync(call, handler));

    /// <inheritdoc cref="Put(string, Doc, Func{Call, Fields, Task{IResult}})"/>
    public void Post(string pattern, Doc doc, Func<Call, Fields, Task<IResult>> handler) => Post(pattern, doc, call => ReadAsync(call, handler));

    public void Delete(string pattern, Doc doc, Func<Call, Task<IResult>> handler) => Add("DELETE", pattern, doc, handler);

    /// <summary>For what is asked so often that even a result is too much.</summary>
    public void Raw(string method, string pattern, Doc doc, RequestDelegate handler) =>
        builder.MapMethods(pattern, [method], handler).WithMetadata(doc);

    /// <summary>For people, and not of the API: the document does not speak of it.</summary>
    public void Page(string method, string pattern, Func<Call, Task<IResult>> handler) =>
        builder.MapMethods(pattern, [method], http => AnswerAsync(http, handler)).WithMetadata(new ForPeople());

    /// <summary>Files of the console, which hold nothing that is anybody's.</summary>
    public void Files(string pattern, RequestDelegate handler) => builder.MapMethods(pattern, ["GET"], handler).WithMetadata(new ForPeople());

    /// <summary>
    /// A form of a page: its handler gets what was filled in, once the session's token shows that the form is ours. A request that
    /// carries its key itself needs none: no other site can make a browser send it.
    /// </summary>
    public void Form(string pattern, Func<Call, IReadOnlyDictionary<string, StringValues>, Task<IResult>> handler) =>
        Page("POST", pattern, async call =>
        {
            if (await call.FormAsync() is not { } form)
            {
                return call.Refusal!;
            }

            return call.Http.Request.Headers.Authorization.Count > 0
                || (form.TryGetValue("token", out StringValues token) && sessions.IsFormToken(call.Http, token.ToString()))
                ? await handler(call, form)
                : new Problem(Code.Forbidden, "The form is out of date, or is not of this session. Open its page again.");
        });

    private void Add(string method, string pattern, Doc doc, Func<Call, Task<IResult>> handler) =>
        Raw(method, pattern, doc, http => AnswerAsync(http, handler));

    private static async Task<IResult> ReadAsync(Call call, Func<Call, Fields, Task<IResult>> handler) =>
        await call.FieldsAsync() is { } fields ? await handler(call, fields) : call.Refusal!;

    private async Task AnswerAsync(HttpContext http, Func<Call, Task<IResult>> handler)
    {
        using var call = new Call(http, engine);
        IResult result = await handler(call);
        await result.ExecuteAsync(http);
    }
}

using System.Collections.Concurrent;
using System.Text.Json;
using Minutebook.Connectors;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Other systems' webhooks: set up by the administrator, then posted to without a key, under the sender's own signature.</summary>
internal sealed class HookRoutes(Engine.Engine engine, Seal seal, Pace pace)
{
    private const int Most = 1 << 20;

    private readonly ConcurrentDictionary<(string Application, string Connector), Remembered> memories = [];

    public static void Map(Routes routes, Seal seal, Pace pace)
    {
        var hooks = new HookRoutes(routes.Engine, seal, pace);
        routes.Put(
            "/v1/accounts/{account}/applications/{application}/connectors/{connector}",
            new Doc("putConnector", "Sets up a connector of an application. Its secrets are sealed and never shown again.")
            {
                Takes = typeof(ConnectorBody),
                Gives = typeof(ConnectorView),
                Statuses = [200, 201],
                Problems = [Code.AccountReleased],
            },
            hooks.PutAsync);
        routes.Post(
            "/hooks/{application}/{connector}/{**rest}",
            new Doc("postHook", "Takes what another system posts, in its own form and under its own signature.") { Open = true },
            hooks.ReceiveAsync);
    }

    private sealed record ConnectorBody(string Secret, string? ApiKey = null);

    private sealed record ConnectorView(string Application, string Connector, string Path);

    private async Task<IResult> PutAsync(Call call)
    {
        (string account, string application, string name) = (call.Path("account"), call.Path("application"), call.Path("connector"));
        if (await call.FieldsAsync() is not { } fields)
        {
            return call.Refusal!;
        }

        if (Configuration(call, account, application, name, fields) is not { } settings)
        {
            return call.Refusal!;
        }

        string closed = seal.Close(JsonSerializer.SerializeToUtf8Bytes(settings), Purpose(account, application, name));
        return await call.ExecuteAsync(new Command.PutConnector(account, application, name, closed)) is { } outcome
            ? Answer.Json(new ConnectorView(application, name, $"/hooks/{Uri.EscapeDataString(application)}/{name}"), outcome.Created)
            : call.Refusal!;
    }

    private ConnectorSettings? Configuration(Call call, string account, string application, string name, Fields fields)
    {
        using Store.Reader read = engine.Store.Read();
        if (call.Account(read, account) is not { } state)
        {
            return null;
        }

        if (state.Application(application) is not { } known || Connector.Named(name) is not { } connector)
        {
            call.Refuse(Problem.NotFound(
                state.Application(application) is null
                    ? $"application {application} of account {account}"
                    : $"connector {name}; connectors are {string.Join(", ", Connector.Names)}"));
            return null;
        }

        byte[] body = JsonSerializer.SerializeToUtf8Bytes(fields.Element);
        switch (connector.Configure(body, Settings(state, known, name)))
        {
            case Configuration.Valid valid:
                return valid.Settings;
            case Configuration.Invalid invalid:
                call.Refuse(Problem.Invalid([.. invalid.Faults.Select(fault => new Fault(fault.Pointer, fault.Detail))]));
                return null;
            default:
                throw new InvalidOperationException("A configuration is valid or not.");
        }
    }

    private async Task<IResult> ReceiveAsync(Call call)
    {
        (string application, string name) = (call.Path("application"), call.Path("connector"));
        ConnectorSettings? settings = call.Refusal is null ? Settings(application, name) : null;
        if (settings is null || Connector.Named(name) is not { } connector)
        {
            return call.Refusal ?? Problem.NotFound($"connector {name} of application {application}");
        }

        using Body body = await Body.ReadAsync(call.Http.Request, Most, call.Cancellation, asSent: true);
        if (body.Refused is { } refused)
        {
            return refused;
        }

        Delivery delivery = DeliveryOf(call.Http, application, settings, body);
        Remembered its = memories.GetOrAdd((application, name), _ => new Remembered());
        await its.Turn.WaitAsync(call.Cancellation);
        try
        {
            its.Memory ??= Recall(application, name);
            switch (connector.Read(delivery, its.Memory))
            {
                case Reading.Accepted accepted:
                    await AcceptAsync(accepted, its, application, name, delivery.Arrival);
                    return new HookAnswer(accepted.Answer);
                case Reading.Refused unread:
                    return RefusalOf(unread);
                default:
                    throw new InvalidOperationException("A reading is accepted or refused.");
            }
        }
        finally
        {
            its.Turn.Release();
        }
    }

    /// <summary>What a connector remembers for an application; one delivery at a time reads and adds to it.</summary>
    private sealed class Remembered
    {
        public SemaphoreSlim Turn { get; } = new(1);

        /// <summary>Null until it is first needed, and after what it last kept did not become durable.</summary>
        public ConnectorMemory? Memory { get; set; }
    }

    private ConnectorMemory Recall(string application, string name)
    {
        using Store.Reader read = engine.Store.Read();
        return read.AccountOf(application) is { } account
            ? new ConnectorMemory(read.Notes(account, application, name).Select(row => new Note(row.Key, row.Text, row.KeepUntil)))
            : new ConnectorMemory();
    }

    /// <summary>The events and what the connector notes of them are durable together, or not at all.</summary>
    private async Task AcceptAsync(Reading.Accepted accepted, Remembered its, string application, string name, Instant arrival)
    {
        EventBatch batch = engine.Rent();
        foreach (UsageEvent one in accepted.Events)
        {
            batch.Add(one);
        }

        Command? note = accepted.Note is { } kept
            ? new Command.KeepNote(AccountOf(application), application, name, kept.Key, kept.Text, kept.KeepUntilMs)
            : null;
        try
        {
            await engine.AcceptAsync(batch, $"hook:{application}/{name}", wait: false, note);
        }
        catch
        {
            its.Memory = null;
            throw;
        }

        pace.Add(accepted.Events.Count);
        if (accepted.Note is { } added)
        {
            its.Memory!.Keep(added, arrival);
        }
    }

    private string AccountOf(string application)
    {
        using Store.Reader read = engine.Store.Read();
        return read.AccountOf(application) ?? throw new InvalidOperationException($"Application {application} has settings but no account.");
    }

    private ConnectorSettings? Settings(string application, string name)
    {
        using Store.Reader read = engine.Store.Read();
        return read.AccountOf(application) is { } owner && read.State(owner) is { } account
            && account.Application(application) is { } known ? Settings(account, known, name) : null;
    }

    private ConnectorSettings? Settings(AccountState account, ApplicationState application, string name) =>
        application.Connectors.TryGetValue(name, out string? closed)
            ? JsonSerializer.Deserialize<ConnectorSettings>(seal.Open(closed, Purpose(account.Id, application.Id, name)))
            : null;

    // Signatures expire by the real clock, also in a sandbox.
    private static Delivery DeliveryOf(HttpContext http, string application, ConnectorSettings settings, Body body) => new()
    {
        Application = application,
        Settings = settings,
        Body = body.Memory,
        Arrival = SystemClock.Instance.GetCurrentInstant(),
        Header = name => http.Request.Headers.TryGetValue(name, out var value) ? value.ToString() : null,
        Query = http.Request.QueryString.HasValue ? http.Request.QueryString.Value![1..] : "",
        Path = ((string?)http.GetRouteValue("rest") ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries),
    };

    private static Problem RefusalOf(Reading.Refused refused) => new(
        refused.Status switch
        {
            401 => Code.Unauthenticated,
            404 => Code.NotFound,
            413 => Code.PayloadTooLarge,
            _ => Code.InvalidRequest,
        },
        refused.Detail);

    private static string Purpose(string account, string application, string connector) =>
        JsonSerializer.Serialize((string[])["connector", account, application, connector]);

    /// <summary>What the sender wants to hear.</summary>
    private sealed record HookAnswer(Connectors.Answer Answer) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = Answer.ContentType;
            return httpContext.Response.WriteAsync(Answer.Body);
        }
    }
}

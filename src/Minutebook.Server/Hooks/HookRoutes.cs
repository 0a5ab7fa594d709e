using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Minutebook.Connectors;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Other systems' webhooks: set up by the administrator, then posted to without a key, under the sender's own signature.</summary>
internal sealed class HookRoutes(Engine.Engine engine, Seal seal, Pace pace, HookTraffic traffic)
{
    private const int Most = Connector.MaxBodyBytes;

    /// <summary>More than this are read with all others.</summary>
    private const int ManyKeys = 32;

    /// <summary>So many ms a delivery waits for others about the same.</summary>
    private const long Patience = 10_000;

    private readonly ConcurrentDictionary<string, ConnectorMemory> memories = new(StringComparer.Ordinal);

    public static HookRoutes Map(Routes routes, Seal seal, Pace pace, HookTraffic traffic)
    {
        var hooks = new HookRoutes(routes.Engine, seal, pace, traffic);
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
        return hooks;
    }

    private sealed record ConnectorBody(
        string Secret, string? ApiKey = null, string? CallbackUrl = null, IReadOnlyList<string>? Recorders = null);

    /// <summary>A connector that is set up.</summary>
    private sealed record Hook(string Account, string Application, string Name, ConnectorSettings Settings);

    private sealed record ConnectorView(string Application, string Connector, string Path);

    private async Task<IResult> PutAsync(Call call, Fields fields)
    {
        (string account, string application, string name) = (call.Path("account"), call.Path("application"), call.Path("connector"));
        // As it was written: half of a character cannot be written again.
        return await SetUpAsync(call, account, application, name, Encoding.UTF8.GetBytes(fields.Element.GetRawText())) is { } outcome
            ? Answer.Json(new ConnectorView(application, name, $"/hooks/{Uri.EscapeDataString(application)}/{name}"), outcome.Created)
            : call.Refusal!;
    }

    /// <summary>Sets a connector up; null when that was refused, and then the call says why.</summary>
    public async Task<Outcome?> SetUpAsync(Call call, string account, string application, string name, byte[] body)
    {
        if (Configuration(call, account, application, name, body) is not { } settings)
        {
            return null;
        }

        string closed = seal.Close(JsonSerializer.SerializeToUtf8Bytes(settings), Purpose(account, application, name));
        return await call.ExecuteAsync(new Command.PutConnector(account, application, name, closed));
    }

    private ConnectorSettings? Configuration(Call call, string account, string application, string name, byte[] body)
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

        switch (connector.Configure(body, SettingsBefore(state, known, name)))
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
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        Hook? setUp;
        try
        {
            setUp = SetUp(application, name);
        }
        catch (CryptographicException)
        {
            return new Problem(
                Code.Unavailable, "The connector's secret was sealed under another secret.key, and cannot be opened. Nothing was accepted: set the connector up anew.")
            {
                RetryAfter = UnavailableException.AfterMending,
            };
        }

        if (setUp is not { } hook || Connector.Named(name) is not { } connector)
        {
            return Problem.NotFound($"connector {name} of application {application}");
        }

        using Body body = await Body.ReadAsync(call.Http.Request, Most, call.Cancellation, asSent: true);
        if (body.Refused is { } refused)
        {
            return refused;
        }

        Delivery delivery = DeliveryOf(call.Http, hook, body);
        (Reading reading, Task? taken) = engine.Store.Nodes is { } nodes && engine.Decisions.HaltedAt(hook.Account) is null
            ? await ReadAmongNodesAsync(connector, delivery, nodes.Locks, hook, call.Cancellation)
            : Read(connector, delivery, memories.GetOrAdd($"{application}\n{name}", _ => Remembered(hook)), hook);
        Tell(hook, reading, taken is not null);
        switch (reading)
        {
            case Reading.Accepted when taken is null:
                return new Problem(
                    Code.InvalidEvent, "What it tells of is more than 5 minutes in the future. Nothing was taken: set the sender's clock.");
            case Reading.Accepted accepted:
                await taken!;
                pace.Add(accepted.Events.Count);
                return new HookAnswer(accepted.Answer);
            case Reading.Refused unread:
                return RefusalOf(unread);
            default:
                throw new InvalidOperationException("A reading is accepted or refused.");
        }
    }

    private void Tell(Hook hook, Reading reading, bool isTaken)
    {
        Instant now = engine.Now;
        if (reading is Reading.Accepted accepted && isTaken)
        {
            traffic.Took(hook.Application, hook.Name, accepted.Events.Count, now);
        }
        else
        {
            (string reason, string why) = reading is Reading.Refused refused
                ? (ReasonOf(refused.Status), refused.Detail)
                : ("ahead", "What it told of was too far in the future.");
            traffic.Refused(hook.Application, hook.Name, reason, why, now);
        }
    }

    private static string ReasonOf(int status) => status switch
    {
        401 => "not-genuine",
        404 => "no-address",
        413 => "too-large",
        _ => "unreadable",
    };

    /// <summary>
    /// Reads a delivery and hands over what it tells before the next is read: deliveries that come at the same time see each other's
    /// notes, and their notes become durable in the order in which they were made.
    /// </summary>
    /// <returns>What it is, and what is done when it is durable; null when nothing is taken.</returns>
    private (Reading Reading, Task? Taken) Read(Connector connector, Delivery delivery, ConnectorMemory memory, Hook hook)
    {
        lock (memory)
        {
            Reading reading = connector.Read(delivery, memory);
            if (reading is not Reading.Accepted accepted || IsAhead(accepted))
            {
                return (reading, null);
            }

            Task accepting = AcceptAsync(accepted, hook, wait: false);
            Note? before = accepted.Note is { } note ? memory.Keep(note, delivery.Arrival) : null;
            return (reading, accepted.Note is { } kept ? OrTakeBackAsync(accepting, memory, kept, before) : accepting);
        }
    }

    /// <summary>
    /// The same where several processes receive: none remembers what another was told, so each looks at what is stored, alone with what the
    /// delivery asks for until what it makes of that is stored, too.
    /// </summary>
    private async Task<(Reading Reading, Task? Taken)> ReadAmongNodesAsync(
        Connector connector, Delivery delivery, Store.NamedLocks locks, Hook hook, CancellationToken stop)
    {
        // What was remembered while its account was halted is in the table by now.
        memories.TryRemove($"{hook.Application}\n{hook.Name}", out _);
        SortedSet<string> keys = new(StringComparer.Ordinal);
        for (long until = Environment.TickCount64 + Patience; ;)
        {
            string[] names = connector.RemembersClasses ? [.. keys.Select(key => $"{hook.Application}\n{hook.Name}\n{key}")] : [];
            if (!await locks.TryTakeAsync(names, TimeSpan.FromMilliseconds(Math.Max(0, until - Environment.TickCount64)), stop))
            {
                if (Environment.TickCount64 > until)
                {
                    throw new UnavailableException("Other deliveries about the same are still being taken; nothing was accepted of this one.", TimeSpan.FromSeconds(2));
                }

                await Task.Delay(Random.Shared.Next(10, 30), stop);
                continue;
            }

            try
            {
                List<string> asked = [];
                Reading reading = connector.Read(delivery, Remembered(hook, keys, asked));
                if (asked.Exists(key => !keys.Contains(key)))
                {
                    keys.UnionWith(asked);
                    continue;
                }

                if (reading is not Reading.Accepted accepted || IsAhead(accepted))
                {
                    return (reading, null);
                }

                Task accepting = AcceptAsync(accepted, hook, wait: connector.RemembersClasses && accepted.Note is not null);
                await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return (reading, accepting);
            }
            finally
            {
                await locks.ReleaseAsync(names);
            }
        }
    }

    // Rule 1.5: no event of a sender may be further ahead, whichever way it comes.
    private bool IsAhead(Reading.Accepted accepted)
    {
        long latest = engine.Now.ToUnixTimeMilliseconds() + EventReader.MaxAheadMs;
        return accepted.Events.Any(happened => happened.Time.ToUnixTimeMilliseconds() > latest);
    }

    private static async Task OrTakeBackAsync(Task accepting, ConnectorMemory memory, Note note, Note? before)
    {
        try
        {
            await accepting;
        }
        catch
        {
            lock (memory)
            {
                memory.TakeBack(note, before);
            }

            throw;
        }
    }

    /// <summary>Hands over before it first waits.</summary>
    private Task AcceptAsync(Reading.Accepted accepted, Hook hook, bool wait)
    {
        EventBatch batch = engine.Rent();
        foreach (UsageEvent one in accepted.Events)
        {
            batch.Add(one);
        }

        Command? note = accepted.Note is { } noted
            ? new Command.KeepNote(hook.Account, hook.Application, hook.Name, noted.Key, noted.Text, noted.KeepUntilMs)
            : null;
        return engine.AcceptAsync(batch, hook.Name, wait, note);
    }

    private ConnectorMemory Remembered(Hook hook)
    {
        using Store.Reader read = engine.Store.Read();
        return new ConnectorMemory(NotesOf(read, hook));
    }

    private static IEnumerable<Note> NotesOf(Store.Reader read, Hook hook) =>
        read.Notes(hook.Account, hook.Application, hook.Name).Select(row => new Note(row.Key, row.Text, row.KeepUntil));

    private ConnectorMemory Remembered(Hook hook, SortedSet<string> keys, List<string> asked)
    {
        if (keys.Count == 0)
        {
            return new ConnectorMemory(asked: asked);
        }

        using Store.Reader read = engine.Store.Read();
        return keys.Count > ManyKeys ? new ConnectorMemory(NotesOf(read, hook), asked) : new ConnectorMemory(
            keys.Select(key => read.Note(hook.Account, hook.Application, hook.Name, key)).OfType<NoteRow>().Select(row => new Note(row.Key, row.Text, row.KeepUntil)),
            asked);
    }

    private Hook? SetUp(string application, string name)
    {
        using Store.Reader read = engine.Store.Read();
        if (read.AccountOf(application) is not { } owner)
        {
            return null;
        }

        AccountState? account = read.State(owner);
        if (account is null && engine.Decisions.HaltedAt(owner) is not null)
        {
            throw new UnavailableException($"Account '{owner}' is halted by a defect; nothing was accepted.", UnavailableException.AfterMending);
        }

        return account?.Application(application) is { } known && Settings(account, known, name) is { } settings
            ? new Hook(owner, application, name, settings)
            : null;
    }

    /// <summary>What it was set up with; nothing where that was sealed under a key that is lost: then all of it is said anew.</summary>
    private ConnectorSettings? SettingsBefore(AccountState account, ApplicationState application, string name)
    {
        try
        {
            return Settings(account, application, name);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private ConnectorSettings? Settings(AccountState account, ApplicationState application, string name) =>
        application.Connectors.TryGetValue(name, out string? closed)
            ? JsonSerializer.Deserialize<ConnectorSettings>(seal.Open(closed, Purpose(account.Id, application.Id, name)))
            : null;

    // Signatures expire by the real clock, also in a sandbox.
    private static Delivery DeliveryOf(HttpContext http, Hook hook, Body body) => new()
    {
        Application = hook.Application,
        Settings = hook.Settings,
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

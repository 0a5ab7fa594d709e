using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using Minutebook.Engine;
using NodaTime;

namespace Minutebook.Server;

/// <summary>How to serve.</summary>
/// <param name="Data">The directory of journal, tables and keys; made when missing.</param>
/// <param name="Listen">The address to listen on, such as <c>http://127.0.0.1:8080</c>; port 0 takes a free one.</param>
/// <param name="Postgres">A connection string, or null for SQLite in <paramref name="Data"/>.</param>
/// <param name="Sandbox">Whether the clock moves only when told.</param>
/// <param name="Now">Where a sandbox's clock starts; null for the real now.</param>
public sealed record ServeOptions(string Data, string Listen, string? Postgres, bool Sandbox, Instant? Now)
{
    /// <summary>How many shards a store that is made now gets, and one that is there must have; null for any.</summary>
    public int? Shards { get; init; }
    /// <summary>Requests a second for each key, 0 for any number; null for what the environment says.</summary>
    public int? RequestsPerSecond { get; init; }
    /// <summary>Networks that webhooks may be sent to beside the public one; null for what the environment says.</summary>
    public string? WebhooksAllow { get; init; }
    /// <summary>Networks of the proxies whose word on the caller is believed; null for what the environment says.</summary>
    public string? Proxies { get; init; }
    /// <summary>Where alerts are mailed; null for what the environment says.</summary>
    internal MailSettings? Mail { get; init; }
    /// <summary>Who signs people in beside keys; null for what the environment says.</summary>
    internal OidcSettings? Oidc { get; init; }
    /// <summary>When deliveries are tried again; for tests, that have no three days.</summary>
    internal Retries? Retries { get; init; }
}

/// <summary>The server.</summary>
public static class Host
{
    /// <summary>Starts, and comes back when it answers. Disposing of what it gives ends it in order.</summary>
    /// <exception cref="StartFailedException">A setting is wrong, the address cannot be listened on, or the disk fails.</exception>
    /// <exception cref="Store.StoreException">The store cannot be opened.</exception>
    public static async Task<RunningHost> StartAsync(ServeOptions options, CancellationToken cancellation = default)
    {
        (int perSecond, Targets targets, Proxies? proxies, MailSettings? post, OidcSettings? oidc, AdminKey admin, Seal seal) = StartSettings.Of(options);
        Clock clock = options.Sandbox ? Clock.Sandbox(options.Now ?? SystemClock.Instance.GetCurrentInstant()) : Clock.Real;
        // Opening reads the journal to its end, which may take a while and never waits for anything.
        Engine.Engine engine = await Task.Run(
            () => Engine.Engine.Open(new EngineOptions { Directory = options.Data, Postgres = options.Postgres, Shards = options.Shards, Clock = clock }), cancellation);
        if (!engine.Store.Agrees("secret", seal.Fingerprint))
        {
            await engine.DisposeAsync();
            throw new Store.StoreException(
                $"The secret.key in {options.Data} is not the one that this database's secrets are sealed with. Copy secret.key from the data directory of a server that runs on it.");
        }

        if (options.Sandbox)
        {
            // Its clock may stand later than the one that stopped, and does not move by itself.
            await engine.TickWhatIsDueAsync();
        }

        var keyring = new Keyring(admin, engine, TimeProvider.System, perSecond);
        var secrets = new WebhookSecret(seal);
        WebApplication app = Build(options);
        engine.Failed += why => app.Logger.LogCritical(why, "A defect: nothing more is taken, so that no wrong figure is written. Keep the data, restart, report it.");
        engine.Unwritable += why => app.Logger.LogWarning("Nothing can be stored, and what comes is refused until that works again: {Message}", why.Message);
        engine.Halted += (account, why) => app.Logger.LogCritical(
            why, "A defect: account {Account} is halted, so that no wrong figure is written; all others go on. Its events are kept. Report it; a version without the defect goes on with it.", account);
        foreach (string account in engine.Decisions.Halted)
        {
            app.Logger.LogCritical("Account {Account} is halted: something of it could not be folded, and this is still the version that failed. The operations page says what.", account);
        }

        var sender = new Sender(engine, secrets, targets, post is null ? null : new Mail(post, engine), options.Retries ?? Retries.Default, app.Logger);
        proxies?.Use(app);
        var sessions = new Sessions(keyring, engine.Store.Outbox, seal, perSecond, TimeProvider.System);
        OidcProvider? provider = oidc is null ? null : new OidcProvider(oidc, TimeProvider.System);
        OidcSignIn? byProvider = oidc is null ? null : new OidcSignIn(oidc, provider!, sessions, seal, TimeProvider.System, app.Logger);
        var traffic = new HookTraffic(engine.Store.Outbox);
        MapAll(app, engine, (seal, traffic), keyring, sessions, new Webhooks(targets, secrets, sender), byProvider);
        var host = new RunningHost(app, engine, keyring, (sender, traffic), provider, admin.NewFile);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (Exception wrong) when (StartFailedException.IsOfListening(wrong))
        {
            await host.DisposeAsync();
            throw new StartFailedException(
                $"The server cannot listen on {options.Listen}: {StartFailedException.Sentence(wrong)} Name another address with --listen.", isSetting: false, wrong);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }

        return host;
    }

    private static WebApplication Build(ServeOptions options)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Limit);
        builder.Services.AddRoutingCore();
        builder.Services.AddMinutebookOpenApi();
        ConsolePages.AddTo(builder.Services);
        // Pages alone. What is secret in them, the token of a form, differs from answer to answer, so that its length tells nothing.
        builder.Services.AddResponseCompression(compression => (compression.EnableForHttps, compression.MimeTypes) = (true, ["text/html"]));
        // Of a request this would make an activity with an id, for nobody: nothing listens.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // That it does not start it logs with a stack trace, before whoever starts it is told in a sentence.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        builder.Services.Configure<ConsoleLoggerOptions>(static console => console.LogToStandardErrorThreshold = LogLevel.Trace);

        WebApplication app = builder.Build();
        app.Urls.Add(options.Listen);
        app.UseResponseCompression();
        app.Use(next => http => next(AsRead(http)));
        // Where this stands is where routes are chosen: after what a HEAD is read as.
        app.UseRouting();
        return app;
    }

    /// <summary>A HEAD is a GET whose body the server leaves out (RFC 9110, 9.3.2); what never ends has no head alone.</summary>
    private static HttpContext AsRead(HttpContext http)
    {
        if (HttpMethods.IsHead(http.Request.Method) && http.Request.Path.Value?.Split('/') is not ["", "v1", "accounts", _, "live"])
        {
            http.Request.Method = HttpMethods.Get;
        }

        return http;
    }

    private static void MapAll(
        WebApplication app, Engine.Engine engine, (Seal Seal, HookTraffic Traffic) connectors, Keyring keyring, Sessions sessions, Webhooks webhooks,
        OidcSignIn? byProvider)
    {
        var gate = new Gate(keyring, sessions, app.Logger);
        app.Use(next => http => gate.PassAsync(http, next));
        var pace = new Pace(TimeProvider.System);
        var routes = new Routes(app, engine, sessions);
        AccountRoutes.Map(routes);
        ApplicationRoutes.Map(routes);
        SettingsRoutes.Map(routes);
        SectionRoutes.Map(routes);
        EventRoutes.Map(routes, pace);
        KeptRoutes.Map(routes);
        UsageRoutes.Map(routes);
        DetailsRoutes.Map(routes);
        ClassRoutes.Map(routes);
        CloudUsageRoutes.Map(routes);
        UsageExplainRoutes.Map(routes);
        LiveRoutes.Map(routes, app.Logger, app.Lifetime.ApplicationStopping);
        RateCardRoutes.Map(routes);
        WalletRoutes.Map(routes);
        PackageRoutes.Map(routes);
        BillRoutes.Map(routes);
        ExplainRoutes.Map(routes);
        FocusRoutes.Map(routes);
        StandingRoutes.Map(routes);
        ReleaseRoutes.Map(routes);
        DecisionRoutes.Map(routes);
        EstimateRoutes.Map(routes);
        WhatIfRoutes.Map(routes);
        StatementRoutes.Map(routes);
        BudgetRoutes.Map(routes);
        AlertRoutes.Map(routes);
        ClockRoutes.Map(routes);
        HookRoutes hooks = HookRoutes.Map(routes, connectors.Seal, pace, connectors.Traffic);
        HealthRoutes.Map(routes);
        KeyRoutes.Map(routes, keyring);
        WebhookRoutes.Map(routes, webhooks);
        AuditRoutes.Map(routes);
        SignIn.Map(routes, keyring, sessions, byProvider);
        byProvider?.Map(routes);
        ConsoleRoutes.Map(routes, sessions, pace, (hooks, connectors.Traffic), keyring, webhooks);
        app.MapOpenApi("/openapi/{documentName}.json");
    }

    private static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        // Bodies are counted where they are read, unpacked; a limit here would cut a sender off before it hears why.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxRequestLineSize = 16 << 10;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 << 10;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
    }
}

/// <summary>A server that runs.</summary>
public sealed class RunningHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Keyring keyring;
    private readonly (Sender Sender, HookTraffic Traffic) hooks;
    private readonly OidcProvider? provider;
    private readonly CancellationTokenSource ending = new();
    private Task warming = Task.CompletedTask;

    internal RunningHost(
        WebApplication app, Engine.Engine engine, Keyring keyring, (Sender Sender, HookTraffic Traffic) hooks, OidcProvider? provider, string? newKeyFile)
    {
        (this.app, this.keyring, this.hooks, this.provider) = (app, keyring, hooks, provider);
        Engine = engine;
        NewKeyFile = newKeyFile;
    }

    /// <summary>Where it listens, with the actual port.</summary>
    public string Address => app.Urls.First();

    /// <summary>The file that was made for the administrator's key at this start; null when there was one.</summary>
    public string? NewKeyFile { get; }

    internal Engine.Engine Engine { get; }

    /// <summary>Prepares the pages that people open first, beside what else it does; an end of the server ends it.</summary>
    /// <returns>False if something was wrong with them.</returns>
    public Task<bool> WarmUp()
    {
        Task<bool> its = Task.Run(() => Server.WarmUp.RunAsync(app, Engine, ending.Token));
        warming = its;
        return its;
    }

    /// <summary>Every endpoint that it answers, for tests.</summary>
    internal IReadOnlyList<Endpoint> Endpoints =>
        [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)];

    /// <summary>Lets requests finish, then closes the engine.</summary>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await warming;
        await app.StopAsync();
        await app.DisposeAsync();
        await hooks.Sender.DisposeAsync();
        await hooks.Traffic.DisposeAsync();
        provider?.Dispose();
        await keyring.DisposeAsync();
        await Engine.DisposeAsync();
        ending.Dispose();
    }
}

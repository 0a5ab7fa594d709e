using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Store;
using NodaTime;

namespace Minutebook.Server;

/// <summary>
/// Sends alerts to webhooks. Alerts become deliveries in the outbox, once each; a delivery is sent until it is received or given up. Each
/// webhook has its own deliveries under way, so that a slow one keeps nobody waiting but itself.
/// </summary>
internal sealed class Sender : IAsyncDisposable
{
    private const int MostAlerts = 500;
    private const int MostUnderWay = 8;
    private const string AlphabetOfIds = "abcdefghijklmnopqrstuvwxyz234567";

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RecordEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan TellEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan KeepFor = TimeSpan.FromDays(30);

    // Should the outbox be lost, mailboxes are not flooded with what was told long ago.
    private static readonly Duration MailBack = Duration.FromDays(7);

    private readonly Engine.Engine engine;
    private readonly WebhookSecret secrets;
    private readonly Retries retries;
    private readonly ILogger log;
    private readonly Mail? mail;
    private readonly long mailsSince;
    private readonly HttpClient client;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock guard = new();
    private readonly Dictionary<string, HashSet<long>> underWay = new(StringComparer.Ordinal);
    private readonly HashSet<Task> attempts = [];
    private readonly Dictionary<int, long> cursors = [];
    private readonly Dictionary<string, long> told = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim wake = new(0);
    private readonly Task looking;
    private long gatheredAt;
    private long prunedAt;
    private Dictionary<string, Webhook> webhooks = [];

    /// <param name="engine">Where alerts come from.</param>
    /// <param name="secrets">What deliveries are signed with.</param>
    /// <param name="targets">Where they may go.</param>
    /// <param name="mail">Who mails them too; null for nobody.</param>
    /// <param name="retries">When they are tried again.</param>
    /// <param name="log">Where it is written that the store does not answer.</param>
    public Sender(Engine.Engine engine, WebhookSecret secrets, Targets targets, Mail? mail, Retries retries, ILogger log)
    {
        (this.engine, this.secrets, this.mail, this.retries, this.log) = (engine, secrets, mail, retries, log);
        mailsSince = (engine.Now - MailBack).ToUnixTimeMilliseconds();
        client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = targets.ConnectAsync,
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = Patience,
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 64 << 10,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            ActivityHeadersPropagator = null,
        })
        { Timeout = Patience };
        Changed();
        engine.InstallationChanged += Changed;
        looking = Task.Run(LookAsync);
    }

    private static long Now => SystemClock.Instance.GetCurrentInstant().ToUnixTimeMilliseconds();

    private Outbox Outbox => engine.Store.Outbox;

    /// <summary>Takes over what webhooks there are now.</summary>
    public void Changed()
    {
        lock (guard)
        {
            using Reader read = engine.Store.Read();
            IEnumerable<Webhook> all = read.Webhooks().Select(row => row.Read());
            webhooks = (mail is null ? all : all.Concat(mail.Receivers(mailsSince))).ToDictionary(webhook => webhook.Id, StringComparer.Ordinal);
        }
    }

    /// <summary>A receiver of mail by its id; null where there is none.</summary>
    public Webhook? Mailbox(string id) => Mail.Is(id) ? webhooks.GetValueOrDefault(id) : null;

    /// <summary>Has a delivery sent again, for as long as a new one.</summary>
    public void Redeliver(DeliveryRow delivery) =>
        Outbox.Update(delivery with { State = DeliveryState.Waiting, FirstAt = Now, NextAt = Now, Attempts = 0, Detail = null });

    public async ValueTask DisposeAsync()
    {
        engine.InstallationChanged -= Changed;
        await stopping.CancelAsync();
        await looking;
        Task[] last;
        lock (guard)
        {
            last = [.. attempts];
        }

        // What an attempt failed by is no reason not to stop in order.
        await Task.WhenAll(last).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        client.Dispose();
        stopping.Dispose();
    }

    private async Task LookAsync()
    {
        try
        {
            while (true)
            {
                try
                {
                    Look();
                }
                catch (Exception wrong)
                {
                    // It may concern one webhook alone, and at the next look nobody: the others are not to fall silent.
                    Tell(wrong, "Webhooks could not be looked after, and will be tried again.");
                }

                await wake.WaitAsync(LookEvery, stopping.Token);
                while (wake.Wait(0))
                {
                    // One look does for all who woke it.
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    private void Look()
    {
        if (!engine.Store.Holds(0))
        {
            // Of several processes the one that has the installation's shard sends.
            cursors.Clear();
            mail?.Forget();
            return;
        }

        if (Now - gatheredAt >= LookEvery.TotalMilliseconds)
        {
            try
            {
                Gather();
            }
            catch (Exception wrong)
            {
                // What is in the outbox already does not wait for what cannot be put there.
                Tell(wrong, "Alerts could not be taken, and will be tried again.");
            }

            gatheredAt = Now;
        }

        SendDue();
        if (Now - prunedAt > TimeSpan.MillisecondsPerHour)
        {
            Outbox.Prune((prunedAt = Now) - (long)KeepFor.TotalMilliseconds);
        }
    }

    /// <summary>Logs what went wrong, one and the same once a minute at most: a look comes four times a second.</summary>
    private void Tell(Exception wrong, string what)
    {
        long now = Now;
        foreach (string old in told.Where(one => now - one.Value >= TellEvery.TotalMilliseconds).Select(static one => one.Key).ToList())
        {
            told.Remove(old);
        }

        if (!told.TryAdd($"{what} {wrong.GetType()} {wrong.Message}", now))
        {
            return;
        }

        if (wrong is StoreException)
        {
            // No room, say: what is to be sent stays to be sent.
            log.LogWarning("Webhooks wait for the store: {Message}", wrong.Message);
        }
        else
        {
            log.LogError(wrong, "{What}", what);
        }
    }

    /// <summary>Makes deliveries of the alerts that were written since the last time.</summary>
    private void Gather()
    {
        Webhook[] all = [.. webhooks.Values];
        using Reader read = engine.Store.Read();
        for (int shard = 1; shard <= engine.Store.Shards; shard++)
        {
            try
            {
                Gather(shard, read, all);
            }
            catch (Exception defect) when (defect is not StoreException)
            {
                Tell(defect, $"Alerts of shard {shard} could not be taken, and will be tried again.");
            }
        }
    }

    private void Gather(int shard, Reader read, Webhook[] all)
    {
        long last = read.LastAlert(shard);
        // Another process may have made the tables again meanwhile.
        long after = cursors.TryGetValue(shard, out long known) && known == last ? known : CursorOf(shard, read);
        for (; after < last; cursors[shard] = after)
        {
            List<(long Sequence, AlertRow Alert)> alerts = read.AlertsAfter(shard, after, MostAlerts);
            Outbox.Take(shard, alerts, alert => all.Select(webhook => DeliveryOrNone(webhook, read, alert)).OfType<DeliveryRow>());
            after = alerts[^1].Sequence;
        }
    }

    /// <summary>What a webhook is to be sent of an alert; null for nothing, also where that cannot be known: kept for later it would keep all others from theirs.</summary>
    private DeliveryRow? DeliveryOrNone(Webhook webhook, Reader read, in AlertRow alert)
    {
        try
        {
            return Wants(webhook, read, alert) ? Delivery(webhook, alert) : null;
        }
        catch (Exception defect) when (defect is not StoreException)
        {
            Tell(defect, $"Alert {alert.Index} of account {alert.Account} is not sent to webhook {webhook.Id}.");
            return null;
        }
    }

    private static bool Wants(Webhook webhook, Reader read, in AlertRow alert) =>
        webhook.Wants(alert.Account, alert.Type, alert.At) && Mail.HasAddresses(webhook.Id, read, alert.Account);

    /// <summary>Where a shard's alerts go on. Tables that were made again from the journal have other numbers: then from the beginning,
    /// and the outbox knows which it has.</summary>
    private long CursorOf(int shard, Reader read)
    {
        if (Outbox.Cursor(shard) is not var (sequence, account, alert))
        {
            return 0;
        }

        return read.AlertsAfter(shard, sequence - 1, 1) is [var (same, row)] && same == sequence && row.Account == account && row.Index == alert ? sequence : 0;
    }

    private static DeliveryRow Delivery(Webhook webhook, AlertRow alert)
    {
        AlertView view = AlertView.Of(alert);
        string body = JsonSerializer.Serialize(new { view.Type, Timestamp = view.At, Data = view }, JsonText.Options);
        bool isOff = webhook.Disabled is not null;
        return new DeliveryRow(
            0, IdOf(webhook, alert), webhook.Id, LaneOf(alert), alert.Account, alert.Index, alert.Type, body,
            isOff ? DeliveryState.Failed : DeliveryState.Waiting, 0, Now, Now, isOff ? Now : null, null, isOff ? "The webhook is disabled." : null);
    }

    // The same alert has the same id for a webhook, though all this be forgotten and done again.
    private static string IdOf(Webhook webhook, in AlertRow alert)
    {
        byte[] hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes((object[])[webhook.Id, alert.Account, alert.Index]));
        return "msg_" + string.Concat(hash.Take(26).Select(one => AlphabetOfIds[one & 31]));
    }

    // What becomes of an account, of an application, of its packages is told in order; a bill does not wait for a package.
    private static string LaneOf(in AlertRow alert) => JsonSerializer.Serialize((string?[])[alert.Account, alert.Type.Split('.')[0], alert.Application]);

    private void SendDue()
    {
        long now = Now;
        foreach (string id in Outbox.Due(now))
        {
            if (!webhooks.TryGetValue(id, out Webhook? webhook))
            {
                Outbox.Forget(id);
                continue;
            }

            try
            {
                foreach (DeliveryRow delivery in Outbox.Heads(id, now, 2 * MostUnderWay))
                {
                    Begin(webhook, delivery);
                }
            }
            catch (Exception defect) when (defect is not StoreException)
            {
                Tell(defect, $"Deliveries to webhook {id} could not be begun, and will be tried again.");
            }
        }
    }

    private void Begin(Webhook webhook, DeliveryRow delivery)
    {
        lock (guard)
        {
            HashSet<long> its = underWay.TryGetValue(webhook.Id, out HashSet<long>? known) ? known : underWay[webhook.Id] = [];
            if (its.Count >= MostUnderWay || !its.Add(delivery.Number))
            {
                return;
            }

            Task attempt = Task.Run(() => AttemptAsync(webhook, delivery));
            attempts.Add(attempt);
            _ = attempt.ContinueWith(Ended, TaskScheduler.Default);
        }

        void Ended(Task attempt)
        {
            lock (guard)
            {
                attempts.Remove(attempt);
                underWay[webhook.Id].Remove(delivery.Number);
                wake.Release();
            }
        }
    }

    private async Task AttemptAsync(Webhook webhook, DeliveryRow delivery)
    {
        try
        {
            Reply reply = Mail.Is(webhook.Id) ? await MailAsync(delivery) : await PostAsync(webhook, delivery);
            if (stopping.IsCancellationRequested && reply.Status is null)
            {
                // It was us who gave up. It is sent again at the next start.
                return;
            }

            await RecordAsync(After(delivery, reply));
            if (reply.Status == (int)HttpStatusCode.Gone)
            {
                await DisableAsync(webhook);
            }
        }
        catch (Exception wrong) when (wrong is StoreException or Engine.UnavailableException)
        {
            log.LogWarning("Delivery {Delivery} to webhook {Webhook}: {Message}", delivery.Id, webhook.Id, wrong.Message);
        }
        catch (Exception defect)
        {
            log.LogError(defect, "Delivery {Delivery} to webhook {Webhook} could not be made.", delivery.Id, webhook.Id);
            if (!stopping.IsCancellationRequested)
            {
                await RecordDefectAsync(delivery);
            }
        }
    }

    private async Task RecordDefectAsync(DeliveryRow delivery)
    {
        try
        {
            await RecordAsync(After(delivery, new Reply(null, "It could not be made, for a defect of Minutebook; its log says more.")));
        }
        catch (Exception wrong)
        {
            // Nobody is left to tell but the log: the store had no room until we stopped, say.
            log.LogWarning("Delivery {Delivery} to webhook {Webhook}: {Message}", delivery.Id, delivery.Webhook, wrong.Message);
        }
    }

    /// <summary>Writes what came of it, however long there is no room for that: until then it is under way, and not sent once more.</summary>
    private async Task RecordAsync(DeliveryRow tried)
    {
        while (true)
        {
            try
            {
                Outbox.Update(tried);
                if (tried.State != DeliveryState.Waiting)
                {
                    mail?.Forget(tried.Id);
                }

                return;
            }
            catch (StoreException wrong) when (!stopping.IsCancellationRequested)
            {
                log.LogWarning("What came of delivery {Delivery} to webhook {Webhook} waits for the store: {Message}", tried.Id, tried.Webhook, wrong.Message);
                await Task.Delay(RecordEvery, stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
    }

    private DeliveryRow After(DeliveryRow delivery, Reply reply)
    {
        long now = Now;
        DeliveryRow tried = delivery with { Attempts = delivery.Attempts + 1, LastAt = now, Status = reply.Status, Detail = reply.Detail };
        if (reply.Status is >= 200 and < 300)
        {
            return tried with { State = DeliveryState.Delivered };
        }

        bool isGone = reply.Status == (int)HttpStatusCode.Gone;
        return !isGone && retries.NextAt(tried.Attempts, tried.FirstAt, now, Random.Shared.NextDouble(), reply.Wait) is { } next
            ? tried with { NextAt = next }
            : tried with { State = DeliveryState.Failed };
    }

    private async Task<Reply> MailAsync(DeliveryRow delivery)
    {
        (int? status, string? detail) = await mail!.SendAsync(delivery, stopping.Token);
        return new Reply(status, detail);
    }

    private async Task<Reply> PostAsync(Webhook webhook, DeliveryRow delivery)
    {
        long now = Now;
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(delivery.Body));
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "Minutebook");
        request.Headers.TryAddWithoutValidation("webhook-id", delivery.Id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", (now / 1000).ToString(CultureInfo.InvariantCulture));
        try
        {
            request.Headers.TryAddWithoutValidation("webhook-signature", secrets.Sign(webhook, delivery.Id, now / 1000, delivery.Body, now));
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stopping.Token);
            int status = (int)response.StatusCode;
            return new Reply(status, status is >= 200 and < 300 ? null : $"The receiver answered {status}.", WaitOf(response));
        }
        catch (OperationCanceledException)
        {
            return new Reply(null, $"The receiver did not answer within {Patience.TotalSeconds:0} seconds.");
        }
        catch (HttpRequestException wrong)
        {
            return new Reply(null, wrong.InnerException?.Message ?? wrong.Message);
        }
        catch (CryptographicException)
        {
            return new Reply(null, "The webhook's secret was sealed with another secret.key. Put that back, or give the webhook another secret.");
        }
    }

    private static TimeSpan WaitOf(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } wait } => wait,
        { Date: { } until } => until - DateTimeOffset.FromUnixTimeMilliseconds(Now),
        _ => TimeSpan.Zero,
    };

    /// <summary>What came of sending once. No status: there was no answer. Wait is what the receiver asked for (<c>Retry-After</c>).</summary>
    private readonly record struct Reply(int? Status, string? Detail, TimeSpan Wait = default);

    private async Task DisableAsync(Webhook webhook)
    {
        const string Why = "The receiver answered 410: it wants no more.";
        await engine.ExecuteAsync(new Command.SwitchWebhook(webhook.Id, Why) { By = Core.Audit.Itself });
        Changed();
        Outbox.GiveUp(webhook.Id, Why, Now);
    }
}

using System.Collections.Concurrent;
using Minutebook.Core;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>The keys that are good now, in memory, and when each was last used.</summary>
internal sealed class Keyring : IAsyncDisposable
{
    private const string Scheme = "Bearer ";

    private static readonly TimeSpan NoteUsesEvery = TimeSpan.FromMinutes(1);

    private const int MostLooks = 50;

    private readonly AdminKey admin;
    private readonly Engine.Engine engine;
    private readonly TimeProvider time;
    private readonly int perSecond;
    private readonly Caller administrator;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task noting;
    private readonly Lock changing = new();
    private long lookingIn;
    private int looks;
    private readonly ConcurrentDictionary<string, Held> keys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Held>.AlternateLookup<ReadOnlySpan<char>> byId;

    /// <param name="admin">The administrator's key.</param>
    /// <param name="engine">Where the others are.</param>
    /// <param name="time">The real clock, by which keys expire.</param>
    /// <param name="perSecond">How many requests a second each key has; 0 for any number.</param>
    public Keyring(AdminKey admin, Engine.Engine engine, TimeProvider time, int perSecond)
    {
        (this.admin, this.engine, this.time, this.perSecond) = (admin, engine, time, perSecond);
        administrator = new Caller(AdminKey.Id, "administrator", KeyRole.Admin) { Quota = new Quota(perSecond) };
        byId = keys.GetAlternateLookup<ReadOnlySpan<char>>();
        Dictionary<string, long> uses = engine.Store.Outbox.Uses();
        using Store.Reader read = engine.Store.Read();
        read.Keys().ForEach(row => keys[row.Key] = new Held(row, this) { UsedAt = uses.GetValueOrDefault(row.Key) });
        engine.InstallationChanged += Reload;
        noting = Task.Run(NoteUsesAsync);
    }

    private sealed class Held
    {
        private long usedAt;

        public Held(in KeyRow row, Keyring ring)
        {
            (Hash, ExpiresAt) = (row.Hash, row.ExpiresAt ?? long.MaxValue);
            Caller = new Caller(row.Key, row.Name, row.Role, row.Account, row.Organization, row.Department)
            {
                IsGood = () => ring.IsGood(this),
                Quota = new Quota(ring.perSecond),
            };
        }

        public byte[] Hash { get; }
        public long ExpiresAt { get; }
        public Caller Caller { get; }

        /// <summary>Ms of the real clock; 0 for never.</summary>
        public long UsedAt
        {
            get => Volatile.Read(ref usedAt);
            set => Volatile.Write(ref usedAt, value);
        }
    }

    /// <summary>Who calls with a key; null when it is none, or none any more.</summary>
    public Caller? CallerWith(ReadOnlySpan<char> key)
    {
        ReadOnlySpan<char> id = KeyText.IdOf(key);
        if (id.IsEmpty)
        {
            return admin.Is(key) ? administrator : null;
        }

        if (!byId.TryGetValue(id, out Held? held) && engine.IsShared && MayLook())
        {
            Changed(id.ToString());
            byId.TryGetValue(id, out held);
        }

        return held is not null && KeyText.Is(key, held.Hash) ? Good(held) : null;
    }

    /// <summary>The same by the key's id, for who has shown the key before; null when it is none any more.</summary>
    public Caller? CallerOf(string id) => id == AdminKey.Id ? administrator : keys.TryGetValue(id, out Held? held) ? Good(held) : null;

    /// <summary>The key that a request's Authorization carries; empty for none.</summary>
    public static ReadOnlySpan<char> KeyIn(HttpRequest request)
    {
        var headers = request.Headers.Authorization;
        return headers.Count == 1 && headers[0] is { } header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header.AsSpan(Scheme.Length).Trim()
            : [];
    }

    /// <summary>When a key was last used, in ms of the real clock; null for never.</summary>
    public long? UsedAt(string id) => keys.TryGetValue(id, out Held? held) && held.UsedAt > 0 ? held.UsedAt : null;

    /// <summary>Takes over what the store says of a key now: that it was made, or that it is gone.</summary>
    public void Changed(string id)
    {
        lock (changing)
        {
            using Store.Reader read = engine.Store.Read();
            if (read.Key(id) is { } row)
            {
                keys.TryAdd(id, new Held(row, this));
            }
            else
            {
                keys.TryRemove(id, out _);
            }
        }
    }

    /// <summary>Takes over what another process may have made or revoked.</summary>
    private void Reload()
    {
        lock (changing)
        {
            using Store.Reader read = engine.Store.Read();
            List<KeyRow> rows = read.Keys();
            foreach (string gone in keys.Keys.Except(rows.Select(row => row.Key)))
            {
                keys.TryRemove(gone, out _);
            }

            rows.ForEach(row => keys.TryAdd(row.Key, new Held(row, this)));
        }
    }

    /// <summary>A key that was made by another process just now is looked up; made-up ones must not keep the database busy.</summary>
    private bool MayLook()
    {
        long second = Environment.TickCount64 / 1000;
        if (Interlocked.Exchange(ref lookingIn, second) != second)
        {
            looks = 0;
        }

        return Interlocked.Increment(ref looks) <= MostLooks;
    }

    /// <summary>A key to be made, whatever its id and its hash will be.</summary>
    public static Command.MakeKey Draft(string name, KeyRole role, string? account, string? organization, string? department, long? expiresAt) =>
        new("", name, role, "", account, organization, department, expiresAt);

    /// <summary>Makes a key; its id, and the key, which is shown this once. Null when it was refused.</summary>
    public async Task<(string Id, string Key)?> MakeAsync(Call call, Command.MakeKey draft)
    {
        (string id, string key) = KeyText.Make();
        if (await call.ExecuteAsync(draft with { Key = id, Hash = Convert.ToHexString(KeyText.HashOf(key)) }) is null)
        {
            return null;
        }

        Changed(id);
        return (id, key);
    }

    /// <summary>Ends a key; whether there was one.</summary>
    public async Task<bool> RevokeAsync(Call call, string id)
    {
        if (await call.ExecuteAsync(new Command.RevokeKey(id)) is null)
        {
            return false;
        }

        Changed(id);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        engine.InstallationChanged -= Reload;
        await stopping.CancelAsync();
        await noting;
        stopping.Dispose();
    }

    /// <summary>Writes down now and then when keys were last used, and at the end: a request does not wait for that.</summary>
    private async Task NoteUsesAsync()
    {
        Dictionary<string, long> noted = [];
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(NoteUsesEvery, time, stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            (string Key, long At)[] uses =
                [.. keys.Select(key => (key.Key, key.Value.UsedAt)).Where(use => use.UsedAt > 0 && noted.GetValueOrDefault(use.Key) != use.UsedAt)];
            try
            {
                engine.Store.Outbox.Used(uses);
            }
            catch (Store.StoreException)
            {
                // There will be room another time, and nothing hangs on it.
                continue;
            }

            foreach ((string key, long at) in uses)
            {
                noted[key] = at;
            }
        }
    }

    private Caller? Good(Held held)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (now >= held.ExpiresAt)
        {
            return null;
        }

        held.UsedAt = now;
        return held.Caller;
    }

    private bool IsGood(Held held) => keys.ContainsKey(held.Caller.Key) && time.GetUtcNow().ToUnixTimeMilliseconds() < held.ExpiresAt;
}

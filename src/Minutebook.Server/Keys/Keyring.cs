using System.Collections.Concurrent;
using Minutebook.Core;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>The keys that are good now, in memory, and when each was last used.</summary>
internal sealed class Keyring
{
    private const string Scheme = "Bearer ";

    private readonly AdminKey admin;
    private readonly Engine.Engine engine;
    private readonly TimeProvider time;
    private readonly Lock changing = new();
    private readonly ConcurrentDictionary<string, Held> keys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Held>.AlternateLookup<ReadOnlySpan<char>> byId;

    public Keyring(AdminKey admin, Engine.Engine engine, TimeProvider time)
    {
        (this.admin, this.engine, this.time) = (admin, engine, time);
        byId = keys.GetAlternateLookup<ReadOnlySpan<char>>();
        using Store.Reader read = engine.Store.Read();
        read.Keys().ForEach(row => keys[row.Key] = new Held(row, IsGood));
    }

    private sealed class Held
    {
        private long usedAt;

        public Held(in KeyRow row, Func<Held, bool> isGood)
        {
            (Hash, ExpiresAt) = (row.Hash, row.ExpiresAt ?? long.MaxValue);
            Caller = new Caller(row.Key, row.Name, row.Role, row.Account, row.Organization, row.Department) { IsGood = () => isGood(this) };
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
            return admin.Is(key) ? AdminKey.Caller : null;
        }

        return byId.TryGetValue(id, out Held? held) && KeyText.Is(key, held.Hash) ? Good(held) : null;
    }

    /// <summary>The same by the key's id, for who has shown the key before; null when it is none any more.</summary>
    public Caller? CallerOf(string id) => id == AdminKey.Caller.Key ? AdminKey.Caller : keys.TryGetValue(id, out Held? held) ? Good(held) : null;

    /// <summary>The key that a request's Authorization carries; empty for none.</summary>
    public static ReadOnlySpan<char> KeyIn(HttpRequest request)
    {
        var headers = request.Headers.Authorization;
        return headers.Count == 1 && headers[0] is { } header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header.AsSpan(Scheme.Length).Trim()
            : [];
    }

    /// <summary>When a key was last used, in ms of the real clock; null for not since the start.</summary>
    public long? UsedAt(string id) => keys.TryGetValue(id, out Held? held) && held.UsedAt > 0 ? held.UsedAt : null;

    /// <summary>Takes over what the store says of a key now: that it was made, or that it is gone.</summary>
    public void Changed(string id)
    {
        lock (changing)
        {
            using Store.Reader read = engine.Store.Read();
            if (read.Key(id) is { } row)
            {
                keys.TryAdd(id, new Held(row, IsGood));
            }
            else
            {
                keys.TryRemove(id, out _);
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

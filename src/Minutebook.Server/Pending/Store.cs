using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;

namespace Minutebook.Store;

/// <summary>Stands in until the store is merged: rows in lists. Delete with this folder.</summary>
public sealed class Store
{
    internal SortedDictionary<string, AccountState> Accounts { get; } = new(StringComparer.Ordinal);
    internal Dictionary<string, string> Owners { get; } = [];
    internal List<CardRow> Cards { get; } = [];
    internal List<LedgerRow> Ledger { get; } = [];

    public Reader Read() => new(this);
}

public sealed class Reader(Store store) : IDisposable
{
    public AccountRow? Account(string account) => store.Accounts.TryGetValue(account, out AccountState? state) ? Row(state) : null;

    public IReadOnlyList<AccountRow> AccountsAfter(string? after, int limit) =>
        [.. store.Accounts.Values.Where(state => string.CompareOrdinal(state.Id, after) > 0).Take(limit).Select(Row)];

    public string? AccountOf(string application) => store.Owners.GetValueOrDefault(application);

    public IReadOnlyList<CardRow> Cards() => store.Cards;

    public IReadOnlyList<CardRow> CardsOf(string card) =>
        [.. store.Cards.Where(row => row.Card == card).OrderBy(row => row.EffectiveFrom, StringComparer.Ordinal)];

    public IReadOnlyList<SectionRow> Sections(string account) => [];

    public PageRow? Page(string account, string application, int kind, string key) => null;

    public IReadOnlyList<ChunkRow> Chunks(string account, int page) => [];

    public IReadOnlyList<ClassRow> Classes(
        string account, long fromMs, long toMs, string? application, (long Start, string Class, int Page)? after, int limit) => [];

    public ClassRow? ClassRow(string account, int page) => null;

    public IReadOnlyList<ClassUsageRow> ClassUsage(string account, string day) => [];

    public IReadOnlyList<ClassUsageRow> ClassUsageOf(string account, int page) => [];

    public IReadOnlyList<UsageRow> Usage(string account, string meter, long fromHour, long toHour, string? application) => [];

    public IReadOnlyList<OpenRow> Open(string account, string? meter, string? application) => [];

    public IReadOnlyList<SettledRow> Settled(string account, int page) => [];

    public IReadOnlyList<SettledRow> SettledIn(string account, int kind, string period) => [];

    public IReadOnlyList<BillRow> Bills(string account, int? kind, string? from, string? to, string? after, int limit) => [];

    public BillRow? Bill(string number) => null;

    public IReadOnlyList<LedgerRow> Ledger(string account, long afterIndex, int limit) =>
        [.. store.Ledger.Where(row => row.Account == account && row.Index > afterIndex).Take(limit)];

    public IReadOnlyList<KeptRow> Kept(string? account, (string Account, UInt128 Identity)? after, int limit) => [];

    public void Dispose() { }

    private static AccountRow Row(AccountState state) => new(state.Id, JsonSerializer.SerializeToUtf8Bytes(state, AccountState.Json));
}

using System.Globalization;
using System.Text;
using Minutebook.Core.Metering;

namespace Minutebook.Core.Tests.Metering;

/// <summary>The tables that a book's changes are written to, in memory: upserts by their keys, and deletes, as <see cref="Changes"/> says.</summary>
internal sealed class Tables
{
    public byte[] Account { get; private set; } = [];
    public SortedDictionary<string, SectionRow> Sections { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<int, PageRow> Pages { get; } = [];
    public SortedDictionary<int, SortedDictionary<int, byte[]>> Chunks { get; } = [];
    public Dictionary<(int Page, int Type), ClassRow> Classes { get; } = [];
    public Dictionary<(string Day, int Page, string Meter, string Dimensions), ClassUsageRow> ClassUsage { get; } = [];
    public Dictionary<(string Meter, long Hour, string Application, string Dimensions), UsageRow> Usage { get; } = [];
    public Dictionary<(int Span, string Meter, int Start, string Application, string Dimensions), UsageSpanRow> UsageSpans { get; } = [];
    public Dictionary<(string Meter, string Application, string Dimensions, long Hour), OpenRow> Open { get; } = [];
    public Dictionary<(string Meter, string Application, long Hour), StepRow> Steps { get; } = [];
    public Dictionary<(string Application, long Hour), PeakRow> Peaks { get; } = [];
    public Dictionary<(int Kind, string Period, int Page, string Rate), SettledRow> Settled { get; } = [];
    public SortedDictionary<string, BillRow> Bills { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<long, LedgerRow> Ledger { get; } = [];
    public Dictionary<UInt128, KeptRow> Kept { get; } = [];

    public SortedDictionary<long, AlertRow> Alerts { get; } = [];
    public SortedDictionary<long, AcknowledgementRow> Acknowledgements { get; } = [];

    public SortedDictionary<UInt128, AwaitedRow> Awaited { get; } = [];
    public SortedDictionary<(int Number, int Block), RunRow> Runs { get; } = [];

    /// <summary>What a book knows of the sealed runs.</summary>
    public List<(IdentityRun Run, IEnumerable<ulong> Keys)> RunsOf() => [.. Runs.Values.Where(row => row.Block == RunRow.HeadBlock).Select(head => (
        new IdentityRun(0, head.Number, head.Entries),
        Runs.Values.Where(row => row.Number == head.Number && row.Block >= 0)
            .SelectMany(static row => KeysOf(row.Data))))];

    private static List<ulong> KeysOf(byte[] block)
    {
        var entries = new RunEntry[IdentityRun.BlockEntries];
        return [.. entries.Take(IdentityBlock.Read(block, entries)).Select(static entry => entry.Key)];
    }

    /// <summary>The pages that a run names for an identity that it may hold.</summary>
    public HashSet<int> PagesOf(DoubtfulIdentity doubtful)
    {
        HashSet<int> pages = [];
        for (int i = doubtful.First; i < doubtful.First + doubtful.Count; i++)
        {
            byte[] block = Runs[(doubtful.Run.Number, i / IdentityRun.BlockEntries)].Data;
            IdentityBlock.FindPages(block, IdentityRun.KeyOf(doubtful.Identity), pages);
        }

        return pages;
    }

    public void Write(Changes changes)
    {
        changes.Awaited.ForEach(row => Put(Awaited, row.Identity, row, row.IsOver));
        changes.Runs.ForEach(row => Runs[(row.Number, row.Block)] = row);
        changes.Accounts.ForEach(row => Account = row.State);
        changes.Sections.ForEach(row => Sections[row.Section] = row);
        changes.Pages.ForEach(row => Pages[row.Page] = row);
        changes.Chunks.ForEach(Append);
        changes.Classes.ForEach(row => Put(Classes, (row.Page, row.Type), row, row.Deleted));
        changes.ClassUsage.ForEach(row => Put(
            ClassUsage, (row.Day, row.Page, row.Meter, row.Dimensions), row, row.Quantity == 0 && row.OpenCount == 0));
        changes.Usage.ForEach(row => Put(Usage, (row.Meter, row.Hour, row.Application, row.Dimensions), row, row.Quantity == 0));
        changes.UsageSpans.ForEach(row => Put(
            UsageSpans, (row.Span, row.Meter, row.Start, row.Application, row.Dimensions), row, row.Quantity == 0));
        changes.Open.ForEach(row => Put(Open, (row.Meter, row.Application, row.Dimensions, row.Hour), row, row.Count == 0));
        changes.Steps.ForEach(row => Put(Steps, (row.Meter, row.Application, row.Hour), row, row.Deleted));
        changes.Peaks.ForEach(row => Put(Peaks, (row.Application, row.Hour), row, row.Changes.Length == 0));
        changes.Settled.ForEach(row => Settled[(row.Kind, row.Period, row.Page, row.Rate)] = row);
        changes.Bills.ForEach(row => Bills.Add(row.Number, row));
        changes.Ledger.ForEach(row => Ledger.Add(row.Index, row));
        changes.Kept.ForEach(row => Put(Kept, row.Identity, row, row.Reason is null));
        changes.Alerts.ForEach(row => Alerts.Add(row.Index, row));
        changes.Acknowledgements.ForEach(row => Acknowledgements.Add(row.Index, row));
    }

    public PageRow? Find(MissingPage missing)
    {
        if (missing.Number != 0)
        {
            return Pages[missing.Number];
        }

        foreach (PageRow row in Pages.Values)
        {
            if (row.Application == missing.Application && row.Kind == (int)missing.Kind && row.Key == missing.Key)
            {
                return row;
            }
        }

        return null;
    }

    public long StreamLength(int page) => ChunksOf(page).Sum(chunk => (long)chunk.Length);

    public IEnumerable<ReadOnlyMemory<byte>> Stream(int page) => ChunksOf(page).Select(chunk => new ReadOnlyMemory<byte>(chunk));

    public ICollection<byte[]> ChunksOf(int page) => Chunks.TryGetValue(page, out var its) ? its.Values : [];

    /// <summary>All of it as lines in a fixed order. When pages are due is left out: a spent instant may be forgotten sooner or later.</summary>
    public List<string> Lines()
    {
        List<string> lines = [$"account {Encoding.UTF8.GetString(Account)}"];
        Add(lines, Sections.Values);
        Add(lines, Pages.Values.Select(row => row with { Due = null }));
        lines.AddRange(Chunks.Keys.Select(page => $"chunks {page} {Convert.ToHexString([.. ChunksOf(page).SelectMany(chunk => chunk)])}"));
        Add(lines, Classes.Values);
        Add(lines, ClassUsage.Values);
        Add(lines, Usage.Values);
        Add(lines, UsageSpans.Values);
        Add(lines, Open.Values);
        Add(lines, Steps.Values);
        Add(lines, Peaks.Values.Select(row => $"peaks {row.Application} {row.Hour} {Convert.ToHexString(row.Changes)}"));
        Add(lines, Settled.Values);
        lines.AddRange(Bills.Values.Select(row => $"{row with { Json = [] }} {Encoding.UTF8.GetString(row.Json)}"));
        Add(lines, Ledger.Values);
        Add(lines, Alerts.Values);
        Add(lines, Acknowledgements.Values);
        Add(lines, Awaited.Values);
        lines.AddRange(Kept.Values.Select(row => $"{row with { Event = [] }} {Encoding.UTF8.GetString(row.Event)}").Order(StringComparer.Ordinal));
        return lines;
    }

    private void Append(ChunkRow row)
    {
        if (!Chunks.TryGetValue(row.Page, out SortedDictionary<int, byte[]>? its))
        {
            Chunks.Add(row.Page, its = []);
        }

        its.Add(row.First, row.Data.ToArray());
    }

    private static void Put<TKey, TRow>(IDictionary<TKey, TRow> table, TKey key, TRow row, bool delete)
        where TKey : notnull
    {
        if (delete)
        {
            table.Remove(key);
            return;
        }

        table[key] = row;
    }

    private static void Add<T>(List<string> lines, IEnumerable<T> rows) =>
        lines.AddRange(rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row}")).Order(StringComparer.Ordinal));
}

using Minutebook.Core;
using Minutebook.Core.Events;
using Minutebook.Store;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Which rows of the details are asked for, in which order, and where the list goes on.</summary>
internal sealed record DetailsQuery(DetailsFilter Filter, DetailsOrder Order, DetailsKey? After)
{
    private const int Parts = 5;

    private static readonly (string Name, DetailsSort Sort)[] Sorts =
    [
        ("start", DetailsSort.Start), ("end", DetailsSort.End), ("class", DetailsSort.Class), ("name", DetailsSort.Name),
        ("application", DetailsSort.Application), ("users", DetailsSort.Users), ("seconds", DetailsSort.Seconds), ("minutes", DetailsSort.Seconds),
    ];

    /// <summary>The parameters, and what they mean.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> Parameters { get; } =
    [
        ("from", "An instant or a local date."), ("to", "An instant or a local date; not in the range itself."),
        ("application", "Only this application's."), ("class", "Only the class with this id."),
        ("search", "Only classes with this text in their id or name, whatever the case of Latin letters."),
        ("usageType", "interactive or playback."), ("sort", string.Join(", ", Sorts.Select(sort => sort.Name)) + "; start when left out."),
        ("order", "asc or desc; asc when left out."), .. Doc.Paging,
    ];

    public static DetailsQuery Of(Call call, Range range)
    {
        string? type = call.Query("usageType", "interactive", "playback");
        var filter = new DetailsFilter(
            range.FromMs, range.ToMs, Text(call, "application"), Text(call, "class"), Text(call, "search"), type is null ? null : type == "playback");
        string sort = call.Query("sort", [.. Sorts.Select(known => known.Name)]) ?? "start";
        bool descending = call.Query("order", "asc", "desc") == "desc";
        long now = call.Engine.Now.ToUnixTimeSeconds();
        (long Now, DetailsKey Key)? after = AfterOf(call);
        var order = new DetailsOrder(Array.Find(Sorts, known => known.Name == sort).Sort, descending, after?.Now ?? now);
        if (after is { } last && !IsOf(order.Sort, last.Key))
        {
            call.Fault("cursor", "This cursor belongs to a list in another order. Start again without it.");
        }

        return new DetailsQuery(filter, order, after?.Key);
    }

    /// <summary>All that started in a range, in the order of start.</summary>
    public static DetailsQuery By(Range range, Instant now) => new(
        new DetailsFilter(range.FromMs, range.ToMs), new DetailsOrder(DetailsSort.Start, Descending: false, now.ToUnixTimeSeconds()), null);

    /// <summary>The same list from its end.</summary>
    public DetailsQuery Turned => this with { Order = Order with { Descending = !Order.Descending } };

    /// <summary>The same list from a cursor on; null when it is none of this list.</summary>
    public DetailsQuery? From(string cursor) => Read(Cursor.Read(cursor, Parts)) is { } last && IsOf(Order.Sort, last.Key)
        ? this with { After = last.Key, Order = Order with { Now = last.Now } }
        : null;

    /// <summary>The rows, one more than the limit where there are more.</summary>
    public List<ClassRow> Rows(Reader read, string account, int limit) => read.Details(account, Filter, Order, After, limit);

    /// <summary>The same list after a row.</summary>
    public DetailsQuery From(ClassRow row) => this with { After = Reader.KeyOf(row, Order) };

    /// <summary>What grows is compared as of the first page's instant on all pages, so that the order does not change under the reader.</summary>
    public string CursorOf(ClassRow row)
    {
        DetailsKey key = Reader.KeyOf(row, Order);
        return Cursor.Of(key.Value, key.Class, key.Page.ToString(), key.Type.ToString(), Order.Now.ToString());
    }

    private static string? Text(Call call, string name)
    {
        string? text = call.Query(name);
        if (text is not null && Fields.UnfitForEvents(text) is { } wrong)
        {
            call.Fault(name, wrong);
        }

        return text;
    }

    private static (long Now, DetailsKey Key)? AfterOf(Call call)
    {
        if (call.After(Parts) is not { } key)
        {
            return null;
        }

        (long, DetailsKey)? read = Read(key);
        if (read is null)
        {
            call.RefuseCursor();
        }

        return read;
    }

    /// <summary>The place just before a row has a type one lower.</summary>
    private static (long Now, DetailsKey Key)? Read(string?[]? key) =>
        key is [{ } value, { } id, var page, var type, var now] && Cursor.Place(page) is { } number
            && Cursor.Number(type, -1, int.MaxValue) is { } kind && Cursor.Number(now, Rfc3339.Earliest / 1000, Rfc3339.Latest / 1000) is { } second
            ? (second, new DetailsKey(value, id, number, (int)kind))
            : null;

    private static bool IsOf(DetailsSort sort, DetailsKey key) =>
        !Reader.IsNumber(sort) || (sort == DetailsSort.Start ? Cursor.Instant(key.Value) : Cursor.Number(key.Value, long.MinValue)) is not null;
}

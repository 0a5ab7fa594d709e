using System.Globalization;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What a release ordered to be deleted, and how far that is (rule 7.5).</summary>
internal static class ReleaseRoutes
{
    /// <summary>The longest text that an answer may have.</summary>
    public const int MostDetail = 2_000;

    public static void Map(Routes routes)
    {
        routes.Get(
            "/v1/accounts/{account}/release",
            new Doc("getRelease", "The certificate of a release: what was ordered to be deleted, what is confirmed, what is kept.")
            {
                Gives = typeof(ReleaseView),
            },
            Get);
        routes.Post(
            "/v1/accounts/{account}/release/{order}",
            new Doc("answerRelease", "Says that what a release ordered is done, or could not be. Confirmed is for good; failed may still be confirmed.")
            {
                Takes = typeof(AnswerBody),
                Gives = typeof(ReleaseOrderView),
                Problems = [Code.Immutable],
            },
            AnswerAsync);
    }

    private sealed record AnswerBody(ReleaseStatus Status, string? Detail = null);

    private static IResult Get(Call call)
    {
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        return account.Standing is AccountStanding.Released
            ? Answer.Json(ReleaseView.Of(account))
            : Problem.NotFound($"release of account {account.Id}: it is {Fields.Spelling(account.Standing.Kind)}");
    }

    private static async Task<IResult> AnswerAsync(Call call, Fields fields)
    {
        (string account, string text) = (call.Path("account"), call.Path("order"));
        fields.Require("status");
        ReleaseStatus? status = fields.OneOf<ReleaseStatus>("status");
        string? detail = fields.LongText("detail", MostDetail);
        if (status == ReleaseStatus.Ordered)
        {
            fields.Fault("status", "This must be confirmed or failed.");
        }

        if (call.Refusal is not null)
        {
            return call.Refusal;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int order))
        {
            return Problem.NotFound($"release order {text} of account {account}");
        }

        if (await call.ExecuteAsync(new Command.AnswerRelease(account, order, status!.Value, detail)) is null)
        {
            return call.Refusal!;
        }

        using Store.Reader read = call.Engine.Store.Read();
        return call.Account(read, account) is { } state ? Answer.Json(ReleaseOrderView.Of(state.Orders[order - 1])) : call.Refusal!;
    }
}

/// <summary>A release's certificate.</summary>
/// <param name="Account">Whose resources were given up.</param>
/// <param name="ReleasedAt">When.</param>
/// <param name="Cause">Why.</param>
/// <param name="Complete">Everything that was ordered is confirmed.</param>
/// <param name="Orders">What was ordered.</param>
/// <param name="Kept">What stays.</param>
internal sealed record ReleaseView(
    string Account, Instant ReleasedAt, string Cause, bool Complete, IReadOnlyList<ReleaseOrderView> Orders, IReadOnlyList<string> Kept)
{
    public static ReleaseView Of(AccountState account) => new(
        account.Id, Instant.FromUnixTimeMilliseconds(account.Standing.Since), account.Timeline[^1].Cause,
        account.Orders.TrueForAll(order => order.Status == ReleaseStatus.Confirmed), [.. account.Orders.Select(ReleaseOrderView.Of)],
        ["bills", "ledger", "audit"]);
}

/// <summary>An order of a release.</summary>
internal sealed record ReleaseOrderView(
    int Order, string Application, ReleaseResource Resource, ReleaseStatus Status, Instant OrderedAt, Instant? AnsweredAt, string? Detail)
{
    public static ReleaseOrderView Of(ReleaseOrder order) => new(
        order.Order, order.Application, order.Resource, order.Status, Instant.FromUnixTimeMilliseconds(order.OrderedAt),
        order.AnsweredAt is { } at ? Instant.FromUnixTimeMilliseconds(at) : null, order.Detail);
}

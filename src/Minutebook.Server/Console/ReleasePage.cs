using System.Globalization;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The certificate of a released account: what was ordered to be deleted, and what of it is done.</summary>
internal static class ReleasePage
{
    public static void Map(ConsolePages pages)
    {
        pages.Get("/release", (visit, _) => Show(visit));
        pages.AccountForm("/release/{order}", async (visit, form) =>
        {
            ReleaseStatus? status = form.GetValueOrDefault("status").ToString() switch
            {
                "confirmed" => ReleaseStatus.Confirmed,
                "failed" => ReleaseStatus.Failed,
                _ => null,
            };
            string detail = form.GetValueOrDefault("detail").ToString().Trim();
            if (status is null || detail.Length > ReleaseRoutes.MostDetail
                || !int.TryParse(visit.Call.Path("order"), NumberStyles.None, CultureInfo.InvariantCulture, out int order))
            {
                return ConsolePages.NotFound(visit);
            }

            if (await visit.Call.ExecuteAsync(new Command.AnswerRelease(visit.Account!.Id, order, status.Value, detail.Length == 0 ? null : detail)) is not null)
            {
                return new SeeOther(visit.To("release") + "?said=answered");
            }

            visit.Refuse();
            return Show(visit);
        });
    }

    private static IResult Show(Visit visit)
    {
        AccountState account = visit.Account!;
        return account.Standing is not AccountStanding.Released
            ? ConsolePages.NotFound(visit)
            : ConsolePages.Show<ReleaseSheet>(visit, new ReleaseModel(
                Instant.FromUnixTimeMilliseconds(account.Standing.Since), CauseText.Of(visit, account.Timeline[^1].Cause),
                account.Orders.Count(order => order.Status == ReleaseStatus.Confirmed), account.Orders));
    }
}

/// <summary>What the certificate shows.</summary>
public sealed record ReleaseModel(Instant At, string Cause, int Confirmed, IReadOnlyList<ReleaseOrder> Orders);

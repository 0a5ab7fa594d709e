namespace Minutebook.Server;

/// <summary>What today and this month cost so far, and the month's forecast.</summary>
internal static class EstimateRoutes
{
    public static void Map(Routes routes) => routes.Get(
        "/v1/accounts/{account}/estimate",
        new Doc("getEstimate", "What today and this month cost so far, in the shape of a bill, and what the month will come to.")
        {
            Gives = typeof(EstimateView),
        },
        Get);

    private static IResult Get(Call call)
    {
        using Store.Reader read = call.Engine.Store.Read();
        return call.Account(read, call.Path("account")) is { } account
            ? Answer.Json(new Estimate(account, read, call.Engine.Now).View())
            : call.Refusal!;
    }
}

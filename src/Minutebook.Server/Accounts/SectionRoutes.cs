using Minutebook.Core;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>Where sections belong, for the categories of delivery (rule 3.4).</summary>
internal static class SectionRoutes
{
    public static void Map(Routes routes) => routes.Put(
        "/v1/accounts/{account}/sections/{section}",
        new Doc("putSection", "Says where a section belongs; deliveries that arrive from now on are categorized by it.")
        {
            Takes = typeof(SectionBody),
            Gives = typeof(SectionView),
            Statuses = [200, 201],
            Problems = [Code.AccountReleased],
        },
        PutAsync);

    private sealed record SectionBody(
        [property: SentAsNull] string? Course = null, [property: SentAsNull] string? Organization = null, [property: SentAsNull] string? Department = null);

    private sealed record SectionView(string Section, string? Course, string? Organization, string? Department);

    private static async Task<IResult> PutAsync(Call call, Fields fields)
    {
        (string account, string section) = (call.Path("account"), call.Path("section"));
        var put = new Command.PutSection(
            account, section, fields.NullableText("course"), fields.NullableText("organization"), fields.NullableText("department"));
        if (call.Refusal is not null || await call.ExecuteAsync(put) is not { } outcome)
        {
            return call.Refusal!;
        }

        using Store.Reader read = call.Engine.Store.Read();
        SectionRow row = read.Section(account, section)!.Value;
        return Answer.Json(new SectionView(section, row.Course, row.Organization, row.Department), outcome.Created);
    }
}

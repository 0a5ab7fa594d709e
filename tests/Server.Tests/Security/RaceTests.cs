using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Minutebook.Server.Tests.Security;

/// <summary>What must happen once happens once, however many ask for it together; and what is not a caller's to set stays as it is.</summary>
public sealed class RaceTests(Served served) : IClassFixture<Served>
{
    [Fact]
    public async Task Rule_6_5_sixty_four_top_ups_with_one_reference_are_one()
    {
        await served.TwoSchoolsAsync("rich", "poor");
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ =>
            served.Client.PostAsJsonAsync("/v1/accounts/rich/topups", new { amount = "5", currency = "USD", reference = "once" })));

        Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(63, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal("5.000000", (await served.GetAsync("/v1/accounts/rich")).GetProperty("balance").GetString());
    }

    [Fact]
    public async Task An_applications_id_goes_to_one_of_all_who_want_it_at_once()
    {
        await served.TwoSchoolsAsync("quick", "quicker");
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(i =>
            served.PutAsync($"/v1/accounts/{(i % 2 == 0 ? "quick" : "quicker")}/applications/wanted", new { name = "W" })));

        Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(16, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task What_an_answer_shows_cannot_be_sent_back_as_a_setting()
    {
        await served.TwoSchoolsAsync("modest", "other");
        JsonElement before = await served.GetAsync("/v1/accounts/modest");
        Assert.Equal(HttpStatusCode.OK, (await served.PutAsync("/v1/accounts/modest", new
        {
            account = "other",
            balance = "1000000",
            standing = "released",
            createdAt = "1999-01-01T00:00:00Z",
            counters = new { events = 5 },
            timeline = Array.Empty<object>(),
            by = new { key = "admin", name = "somebody" },
        })).StatusCode);

        Assert.Equal(before.GetRawText(), (await served.GetAsync("/v1/accounts/modest")).GetRawText());
        HttpResponseMessage bought = await served.Client.PostAsJsonAsync("/v1/accounts/modest/topups", new { amount = "1", currency = "USD", reference = "r", balance = "99", at = "1999-01-01T00:00:00Z" });
        Assert.Equal("1.000000", (await bought.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("balance").GetString());
    }
}

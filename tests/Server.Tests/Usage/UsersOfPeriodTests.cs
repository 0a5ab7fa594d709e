using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

public sealed class UsersOfPeriodTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 3, 12, 0);

    private int ids;

    private object Event(string type, string time, string subject, object data) =>
        new { specversion = "1.0", source = "s", id = $"{ids++}", type, time, subject, data };

    private IEnumerable<object> Class(string application, string day, string id, params (string User, string Role)[] users) =>
    [
        Event("class.started", $"{day}T08:00:00Z", id, new { application }),
        .. users.Select(one => Event("participant.joined", $"{day}T08:10:00Z", id, new { application, user = one.User, role = one.Role })),
        Event("class.ended", $"{day}T09:00:00Z", id, new { application }),
    ];

    [Fact]
    public async Task A_user_of_several_classes_and_applications_counts_once_and_who_is_no_user_of_a_class_does_not()
    {
        await using Served served = await Served.StartAsync(Now);
        await served.PutAsync("/v1/accounts/u", new { name = "U", currency = "USD", timeZone = "UTC" });
        await served.PutAsync("/v1/accounts/u/applications/one", new { name = "One", excludeRoles = new[] { "robot" } });
        await served.PutAsync("/v1/accounts/u/applications/two", new { name = "Two" });
        object[] events =
        [
            .. Class("one", "2026-11-02", "a", ("ada", "teacher"), ("ben", "student"), ("rec", "robot")),
            .. Class("one", "2026-11-02", "b", ("ada", "teacher"), ("cyd", "student")),
            .. Class("two", "2026-11-03", "c", ("ada", "teacher"), ("dan", "student")),
            // Nobody is there before the class, nor who left before it began.
            Event("participant.joined", "2026-11-02T07:00:00Z", "a", new { application = "one", user = "eva" }),
            Event("participant.left", "2026-11-02T07:30:00Z", "a", new { application = "one", user = "eva" }),
            Event("event.voided", "2026-11-02T10:00:00Z", "a", new { application = "one", source = "s", id = "2" }),
        ];
        await served.DoAsync(HttpMethod.Post, "/v1/events?wait=true", events);

        Assert.Equal(2, Count(served, 2, 2, "one"));
        Assert.Equal(2, Count(served, 2, 2));
        Assert.Equal(2, Count(served, 3, 3));
        Assert.Equal(3, Count(served, 2, 3));
        Assert.Equal(0, Count(served, 1, 1));
    }

    private static int? Count(Served served, int first, int last, string? application = null)
    {
        using Store.Reader read = served.Host.Engine.Store.Read();
        AccountState account = read.State("u")!;
        var range = new Range(Instant.FromUtc(2026, 11, first, 0, 0), Instant.FromUtc(2026, 11, last + 1, 0, 0));
        return UsersOfPeriod.Of(read, account, range, application, Now.ToUnixTimeMilliseconds());
    }
}

using Minutebook.Reference;
using Minutebook.Reference.Workloads;
using NodaTime;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Server.Tests.Differential;

/// <summary>
/// An account is halted now and then, events go on coming, the server is killed, and another build makes the account's tables again: what comes
/// out is what the reference says (decision 0015).
/// </summary>
public sealed class HaltedAgainstReference(ITestOutputHelper output)
{
    public static TheoryData<int> Seeds => [.. TestRun.Seeds(few: Testing.TestStore.IsPostgres ? 2 : 6, many: 100, first: 5001)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task An_account_that_was_halted_again_and_again_is_what_the_reference_says(int seed)
    {
        Workload workload = Workload.Of(new WorkloadOptions { Seed = seed, Applications = 2, Classes = 4, UsersPerClass = 3, OthersOfEach = 4, Days = 2 });
        output.WriteLine($"{workload}");
        var chance = new Random(seed);
        await using Served served = await Served.StartAsync(Instant.FromUnixTimeMilliseconds(workload.Steps[0].AtMs));
        var desk = new HttpDesk(served, workload, chance);
        await desk.CreateAccountAsync();
        int often = Math.Max(2, workload.Steps.Count / 8);
        foreach (Step step in workload.Steps)
        {
            if (desk.IsHalted && (step is not Step.Batch || chance.Next(often) == 0))
            {
                await served.HaltAsync(HttpDesk.Account, "another");
                desk.IsHalted = false;
            }
            else if (!desk.IsHalted && step is Step.Batch && chance.Next(often) == 0)
            {
                await served.HaltAsync(HttpDesk.Account);
                desk.IsHalted = true;
            }
            else if (!Testing.TestStore.IsPostgres && chance.Next(often) == 0)
            {
                await served.KillAsync();
            }

            await desk.DoAsync(step);
        }

        await served.HaltAsync(HttpDesk.Account, "another");
        await desk.MoveToAsync(workload.EndMs);
        await desk.ShowAsync(workload.EndMs);
        IReadOnlyList<string> wrong = await new Answers(served, desk.History, workload.EndMs, chance).CheckAsync(all: false);
        Assert.True(wrong.Count == 0, $"{workload}:\n{string.Join('\n', wrong.Take(60))}");
    }
}

using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Minutebook.Core.Accounts;
using Xunit;

namespace Minutebook.Core.Tests.Accounts;

/// <summary>How commands stand in journals, for good.</summary>
public sealed class CommandTests
{
    public static TheoryData<Type, string> Commands
    {
        get
        {
            var all = new TheoryData<Type, string>();
            foreach (JsonDerivedTypeAttribute known in typeof(Command).GetCustomAttributes<JsonDerivedTypeAttribute>())
            {
                all.Add(known.DerivedType, (string)known.TypeDiscriminator!);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_parts_of_a_command_stand_in_their_order(Type type, string name)
    {
        ConstructorInfo constructor = type.GetConstructors().MaxBy(static its => its.GetParameters().Length)!;
        ParameterInfo[] parameters = constructor.GetParameters();
        var command = (Command)constructor.Invoke([.. parameters.Select(static its => its.ParameterType == typeof(string) ? its.Name : null)]);

        string texts = string.Concat(parameters.Where(static its => its.ParameterType == typeof(string))
            .Select(static its => $",\"{JsonNamingPolicy.CamelCase.ConvertName(its.Name!)}\":\"{its.Name}\""));
        string json = JsonSerializer.Serialize(command, Command.Json);

        Assert.Equal($"{{\"command\":\"{name}\"{texts}}}", json);
        Assert.Equal(command, JsonSerializer.Deserialize<Command>(json, Command.Json));
    }

    [Fact]
    public void A_command_with_all_that_it_may_say_reads_back_the_same()
    {
        Command command = new Command.PutBudget("school", "term", "1.000000", "USD", null) { By = null };

        Assert.Equal("""{"command":"put-budget","account":"school","budget":"term","amount":"1.000000","currency":"USD"}""", JsonSerializer.Serialize(command, Command.Json));
        Assert.Equal("school", Assert.IsType<Command.PutBudget>(JsonSerializer.Deserialize<Command>("""{"command":"put-budget","account":"school","budget":"term"}""", Command.Json)).Account);
    }
}

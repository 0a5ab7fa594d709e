using System.Text.Json.Nodes;
using Minutebook.Core;
using Minutebook.Core.Accounts;

namespace Minutebook.Engine;

internal sealed partial class Fold
{
    private readonly Audit audit = new();

    /// <summary>Folds a command, and writes down what somebody had done by it.</summary>
    public Outcome Take(Command command)
    {
        if (!IsAudited(command))
        {
            return Decide(command);
        }

        JsonObject? before = Shown(command);
        Outcome outcome = Decide(command);
        JsonObject? after = Shown(command);
        bool changedNothing = IsShown(command) && JsonNode.DeepEquals(before, after);
        if (outcome.Refusal is null && !changedNothing)
        {
            audit.Add(command, Time, before, after);
        }

        return outcome;
    }

    // A card is published on every shard, and once is enough; an application is registered for its PutApplication.
    private bool IsAudited(Command command) =>
        command.By is not null && command is not Command.RegisterApplication && (Shard == 0 || command is not Command.PublishCard);

    /// <summary>Whether all that the command changes is shown.</summary>
    private static bool IsShown(Command command) =>
        command is Command.PutAccount or Command.PutApplication or Command.PutSection or Command.PutConnector or Command.TopUp or Command.SwitchWebhook;

    private JsonObject? Shown(Command command) => command switch
    {
        Command.OfInstallation => installation!.Shown(command),
        Command.PublishCard or Command.ReleaseKept => null,
        _ => books.TryGetValue(AccountOf(command), out Held? held) ? held.Book.Shown(command) : null,
    };
}

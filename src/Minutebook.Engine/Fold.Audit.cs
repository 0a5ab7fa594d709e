using System.Text.Json.Nodes;
using Minutebook.Core;
using Minutebook.Core.Accounts;

namespace Minutebook.Engine;

internal sealed partial class Fold
{
    private readonly Audit audit = new();
    private readonly List<(long At, Book Book)> released = [];

    /// <summary>Folds a command, and writes down what somebody had done by it.</summary>
    public Outcome Take(Command command)
    {
        if (!IsAudited(command))
        {
            Outcome unasked = Decide(command);
            WriteReleases(long.MaxValue);
            return unasked;
        }

        JsonObject? before = Shown(command);
        Outcome outcome = Decide(command);
        JsonObject? after = Shown(command);
        WriteReleases(Time);
        bool changedNothing = IsShown(command) && JsonNode.DeepEquals(before, after);
        if (outcome.Refusal is null && !changedNothing)
        {
            audit.Add(command, Time, before, after);
        }

        WriteReleases(long.MaxValue);
        return outcome;
    }

    private void NoteRelease(Book book)
    {
        if (book.TakeReleased() is { } at)
        {
            released.Add((at, book));
        }
    }

    /// <summary>Writes down releases before an instant. Of one instant by account: in which order books come up depends on when they were flushed.</summary>
    private void WriteReleases(long before)
    {
        foreach ((long at, Book book) in released.Count == 0 ? [] : released.OrderBy(static its => its.At).ThenBy(static its => its.Book.State.Id, StringComparer.Ordinal).ToArray())
        {
            if (at < before)
            {
                audit.AddRelease(book.State, at);
                released.Remove((at, book));
            }
        }
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
        _ => books.TryGetValue(AccountOf(command), out Held? held) ? Guard(held.Book.State.Id, () => held.Book.Shown(command)) : null,
    };
}

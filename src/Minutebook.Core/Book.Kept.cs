using System.Text;
using System.Text.Json.Nodes;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;

namespace Minutebook.Core;

/// <summary>Events that are not applied, and why not (rule 1.5). They are kept; of those sent again the first to arrive counts (rule 1.3), also when it was not applied.</summary>
public sealed partial class Book
{
    private readonly Dictionary<UInt128, (string Reason, long ReceivedAt, long Position)> kept = [];
    /// <summary>What was kept since the last flush, and what is not stored for certain yet or was read from the store.</summary>
    private readonly Dictionary<UInt128, byte[]> keptSince = [];
    private readonly Dictionary<UInt128, byte[]> handedOver = [];
    private readonly EventReader keptReader = new();

    /// <summary>Why an event is not applied (rule 1.5); null if it is.</summary>
    private string? WhyNot(int application, in EventRow row)
    {
        if (application < 0)
        {
            return "unknown-application";
        }

        if (row.Time < Now - (State.LateDays * ClassWindow.Day))
        {
            return "late";
        }

        return row.Kind == EventKind.Unknown ? "unknown-type"
            : row.Kind == EventKind.ScreenshotCaptured && !IsUnlocked(State.Applications[application], row.Time) ? "edition"
            : null;
    }

    /// <summary>The edition at the event's time unlocks it (rule 1.7), or the present one, which is what trying again is for (rule 1.5).</summary>
    private static bool IsUnlocked(ApplicationState application, long time) =>
        IsUnlocked(ApplicationSettings.At(application.History, time).Edition) || IsUnlocked(application.Settings.Edition);

    /// <summary>Whether an edition unlocks terminal screenshots (rule 4.8).</summary>
    private static bool IsUnlocked(string? edition) => edition is "trial" or "flagship" or "flagship-plus" or "enterprise";

    private void Keep(EventBatch batch, int index, string reason)
    {
        UInt128 identity = batch[index].Identity;
        (long receivedAt, long position) = (Now, Position);
        if (kept.TryGetValue(identity, out (string Reason, long ReceivedAt, long Position) before))
        {
            if (before.Reason == reason)
            {
                return;
            }

            (receivedAt, position) = (before.ReceivedAt, before.Position);
            Count(before.Reason, -1);
        }

        Keep(identity, reason, receivedAt, position, JsonOf(batch, index));
    }

    /// <summary>An event as it is kept and shown: CloudEvents JSON.</summary>
    public static byte[] JsonOf(EventBatch batch, int index)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new System.Text.Json.Utf8JsonWriter(bytes))
        {
            EventWriter.Write(json, batch, index);
        }

        return bytes.WrittenSpan.ToArray();
    }

    private void Unkeep(UInt128 identity)
    {
        if (kept.Remove(identity, out (string Reason, long ReceivedAt, long Position) before))
        {
            Count(before.Reason, -1);
            pending.Kept.Add(new KeptRow(State.Id, identity, null, Now, Position, []));
        }
    }

    private void Count(string reason, int change)
    {
        State.Counters.SetAside[reason] = State.Counters.SetAside.GetValueOrDefault(reason) + change;
        if (State.Counters.SetAside[reason] == 0)
        {
            State.Counters.SetAside.Remove(reason);
        }
    }

    /// <summary>Puts back what was kept of an event.</summary>
    public void Load(in KeptRow row) => handedOver[row.Identity] = row.Event;

    private void FindKept(EventBatch batch, ReadOnlySpan<int> rows, ICollection<MissingPage> missing, ICollection<DoubtfulIdentity> doubtful)
    {
        if (kept.Count == 0)
        {
            return;
        }

        foreach (int row in rows)
        {
            UInt128 identity = batch[row].Identity;
            if (!kept.ContainsKey(identity))
            {
                continue;
            }

            if (First(identity) is { } first)
            {
                AskForPages(first, missing, doubtful);
            }
            else
            {
                missing.Add(new MissingPage(0, "", 0, "", null, identity));
            }
        }
    }

    private void AskForPages(byte[] first, ICollection<MissingPage> missing, ICollection<DoubtfulIdentity> doubtful)
    {
        if (pages.Count == State.Pages || keptReader.ReadBack(first) is not { } again)
        {
            return;
        }

        HashSet<(int, int)> asked = [];
        Resolve(again);
        AskForPage(again, again[0], asked, missing);
        if (again[0].Kind == EventKind.EventVoided)
        {
            AskFor(again.IdentityOf(again[0].A, again[0].B), asked, missing, doubtful);
        }
    }

    private byte[]? First(UInt128 identity) =>
        keptSince.TryGetValue(identity, out byte[]? first) || handedOver.TryGetValue(identity, out first) ? first : null;

    private void FindAdopted(Command.AdoptKept command, ICollection<MissingPage> missing, ICollection<DoubtfulIdentity> doubtful)
    {
        HashSet<(int, int)> asked = [];
        foreach (KeptBefore its in command.Events)
        {
            if (keptReader.ReadBack(Encoding.UTF8.GetBytes(its.Event)) is not { } batch)
            {
                continue;
            }

            UInt128 identity = batch[0].Identity;
            if (kept.ContainsKey(identity) && First(identity) is null)
            {
                missing.Add(new MissingPage(0, "", 0, "", null, identity));
            }

            AskFor(identity, asked, missing, doubtful);
        }
    }

    /// <summary>
    /// What came before its application was known is the account's from now on: kept as it first came, when it first came. What has an
    /// identity that the account has already has come again.
    /// </summary>
    private Outcome Adopt(Command.AdoptKept command)
    {
        foreach (KeptBefore its in command.Events)
        {
            if (keptReader.ReadBack(Encoding.UTF8.GetBytes(its.Event)) is not { } batch)
            {
                return Outcome.Refused(Refusal.InvalidRequest, "This is not an event.");
            }

            byte[] json = JsonOf(batch, 0);
            ref EventRow row = ref batch[0];
            Place place = identities.Find(row.Identity, out bool known);
            if (known && place != Place.Awaited)
            {
                Resolve(batch);
                Repeat(batch, row, place);
            }
            else if (kept.ContainsKey(row.Identity))
            {
                State.Counters.Duplicates++;
                State.Counters.Conflicts += SaysTheSame(First(row.Identity)!, json) ? 0 : 1;
            }
            else
            {
                Keep(row.Identity, "unknown-application", its.ReceivedAt, Position, json);
            }
        }

        return new Outcome(null);
    }

    private void Keep(UInt128 identity, string reason, long receivedAt, long position, byte[] json)
    {
        accountChanged = true;
        kept[identity] = (reason, receivedAt, position);
        Count(reason, 1);
        keptSince[identity] = json;
        pending.Kept.Add(new KeptRow(State.Id, identity, reason, receivedAt, position, json));
    }

    private void HandOverKept()
    {
        foreach ((UInt128 identity, byte[] json) in keptSince)
        {
            handedOver[identity] = json;
        }

        keptSince.Clear();
    }

    /// <summary>An event that is kept came again. With other content that is a conflict, and the first one is tried again.</summary>
    /// <returns>False when it says the same: then trying it is trying the first.</returns>
    private bool TakeFirst(EventBatch batch, int index)
    {
        UInt128 identity = batch[index].Identity;
        if (First(identity) is not { } first || keptReader.ReadBack(first) is not { } again || SaysTheSame(first, JsonOf(batch, index)))
        {
            return false;
        }

        accountChanged = true;
        State.Counters.Conflicts++;
        Resolve(again);
        if (WhyNot(ApplicationOf(again, again[0].Application), again[0]) is { } reason)
        {
            Keep(again, 0, reason);
        }
        else
        {
            long position = kept[identity].Position;
            Unkeep(identity);
            TakeFirst(again, position);
        }

        Resolve(batch);
        return true;
    }

    /// <summary>Takes what first came, as from where it stands in the journal; what came now is noted as its repetition.</summary>
    private void TakeFirst(EventBatch first, long position)
    {
        long here = Position;
        Position = position;
        Take(first, 0);
        Position = here;
        Page page = pages[identities.Find(first[0].Identity, out _).Page];
        page.At(here);
        page.Repeat(page.Count - 1, conflict: true);
    }

    /// <summary>However their times are written.</summary>
    private bool SaysTheSame(byte[] first, byte[] second)
    {
        if (first.AsSpan().SequenceEqual(second))
        {
            return true;
        }

        JsonObject one = JsonNode.Parse(first)!.AsObject();
        JsonObject other = JsonNode.Parse(second)!.AsObject();
        one.Remove("time");
        other.Remove("time");
        return JsonNode.DeepEquals(one, other) && keptReader.ReadBack(first)?[0].Time == keptReader.ReadBack(second)?[0].Time;
    }
}

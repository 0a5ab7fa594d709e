namespace Minutebook.Cli.Importing;

/// <summary>
/// Keeps the mark of a file at the end of the last batch before which nothing is missing, whatever the order of the
/// answers.
/// </summary>
internal sealed class Acknowledgements(string markFile)
{
    private static readonly TimeSpan BetweenWrites = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<long, ImportMark> ahead = [];
    private long next;
    private ImportMark? reached;
    private ImportMark? written;
    private DateTime writtenAt;

    public void Add(Batch batch)
    {
        lock (gate)
        {
            ahead.Add(batch.Number, batch.Origin!.After);
            while (ahead.Remove(next, out ImportMark? mark))
            {
                reached = mark;
                next++;
            }

            if (DateTime.UtcNow - writtenAt > BetweenWrites)
            {
                Save();
            }
        }
    }

    public void Save()
    {
        lock (gate)
        {
            if (reached is null || reached == written)
            {
                return;
            }

            reached.Write(markFile);
            written = reached;
            writtenAt = DateTime.UtcNow;
        }
    }
}

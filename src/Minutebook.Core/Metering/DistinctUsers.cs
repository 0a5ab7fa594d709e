using System.Text;

namespace Minutebook.Core.Metering;

/// <summary>
/// Counts the users of several classes, each id once, whichever application its classes are of. Who is a user of a class, rule 2.6 says;
/// who was one of a class before is not measured again.
/// </summary>
/// <param name="timeZone">The account's zone.</param>
/// <param name="now">The instant, in ms.</param>
public sealed class DistinctUsers(string timeZone, long now)
{
    private readonly HashSet<string> users = new(StringComparer.Ordinal);
    private readonly Presence presence = new(new Calendar(timeZone));

    /// <summary>How many there are.</summary>
    public int Count => users.Count;

    /// <summary>Adds the users of a class.</summary>
    /// <param name="history">The settings of its application.</param>
    /// <param name="chunks">Its page's chunks, in order.</param>
    public void Add(IReadOnlyList<ApplicationSettings> history, IReadOnlyList<byte[]> chunks)
    {
        Page page = Page.Of(chunks);
        ClassWindow window = ClassWindow.Of(page, history, now);
        for (int number = 0; number < page.ParticipantCount && window.HasRow; number++)
        {
            if (IsNew(page.NameOf(page.ParticipantAt(number))))
            {
                presence.Measure(page, window, number, now);
                if (presence.Counted)
                {
                    users.Add(Encoding.UTF8.GetString(page.NameOf(page.ParticipantAt(number))));
                }
            }
        }

        page.Release();
    }

    private bool IsNew(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[name.Length];
        return !users.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text[..Encoding.UTF8.GetChars(name, text)]);
    }
}

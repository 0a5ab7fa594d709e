using Minutebook.Engine;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

public sealed class RecentExplanationsTests
{
    private readonly RecentExplanations recent = new();
    private readonly List<TracedEvents> made = [];

    [Fact]
    public void The_last_four_are_kept_and_the_file_of_one_that_is_dropped_is_closed()
    {
        for (int line = 1; line <= 5; line++)
        {
            Assert.Equal(1, Read(line));
        }

        Assert.Throws<ObjectDisposedException>(() => made[0].Some(0, 1));
        Assert.Equal(1, Read(2));
        Assert.Equal(5, made.Count);
        Assert.Equal(1, Read(1));
        Assert.Equal(6, made.Count);
    }

    [Fact]
    public void One_that_is_dropped_while_somebody_reads_in_it_is_closed_after_that()
    {
        int events = recent.With(("bill", 1), Make, explanation =>
        {
            for (int line = 2; line <= 5; line++)
            {
                Read(line);
            }

            return explanation.Events.Some(0, 9).Count;
        });

        Assert.Equal(1, events);
        Assert.Throws<ObjectDisposedException>(() => made[0].Some(0, 1));
    }

    private int Read(int line) => recent.With(("bill", line), Make, static explanation => explanation.Events.Some(0, 9).Count);

    // Nothing looks at the line itself.
    private Explanation Make()
    {
        made.Add(TracedEvents.Of([new TracedEvent(1, 2, "source", "id", null, "{}"u8.ToArray())]));
        return new Explanation(null!, made[^1]);
    }
}

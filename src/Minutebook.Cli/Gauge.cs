using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Minutebook.Cli;

/// <summary>How far a long piece of work has come, and showing it: a bar on a terminal, a line every few seconds elsewhere.</summary>
internal sealed class Gauge(string what, Func<double> fraction, Func<string?>? remark = null)
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private readonly Queue<(TimeSpan At, long Events)> recent = new();
    private readonly double fractionAtStart = fraction();
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private long events;

    public long Events => Volatile.Read(ref events);

    public TimeSpan Elapsed => watch.Elapsed;

    /// <summary>Events a second over the whole of it.</summary>
    public double MeanRate => Events / Math.Max(watch.Elapsed.TotalSeconds, 0.001);

    public void Add(int more) => Interlocked.Add(ref events, more);

    /// <summary>Does the work and shows the gauge until it is done.</summary>
    public async Task ShowAsync(Func<Task> work)
    {
        IAnsiConsole console = Terminal.Error;
        if (!console.Profile.Capabilities.Interactive)
        {
            await LinesAsync(Task.Run(work), console);
            return;
        }

        await console.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new Figures(this))
            .StartAsync(context => BarAsync(Task.Run(work), context.AddTask(what.EscapeMarkup(), maxValue: 1)));
    }

    private async Task BarAsync(Task working, ProgressTask bar)
    {
        while (!working.IsCompleted)
        {
            Look();
            bar.Value = Math.Min(fraction(), 0.999);
            await Task.WhenAny(working, Task.Delay(BetweenLooks));
        }

        bar.Value = working.IsCompletedSuccessfully ? 1 : bar.Value;
        bar.StopTask();
        await working;
    }

    private async Task LinesAsync(Task working, IAnsiConsole console)
    {
        while (!working.IsCompleted)
        {
            await Task.WhenAny(working, Task.Delay(BetweenLines));
            Look();
            console.WriteLine($"{what}: {Math.Min(fraction(), 1):0%}, {Line()}");
        }

        await working;
    }

    private void Look()
    {
        recent.Enqueue((watch.Elapsed, Events));
        while (recent.Count > 2 && watch.Elapsed - recent.Peek().At > TimeSpan.FromSeconds(5))
        {
            recent.Dequeue();
        }
    }

    private string Line()
    {
        (TimeSpan at, long then) = recent.Count > 1 ? recent.Peek() : (TimeSpan.Zero, 0);
        double rate = (Events - then) / Math.Max((watch.Elapsed - at).TotalSeconds, 0.001);
        return $"{Quantity.Whole(Events)} events, {Quantity.Whole((long)rate)}/s, {Left()}{(remark?.Invoke() is { } now ? $", {now}" : "")}";
    }

    private string Left()
    {
        double done = Math.Min(fraction(), 1) - fractionAtStart;
        double toDo = 1 - Math.Min(fraction(), 1);
        if (toDo <= 0 || done <= 0.001)
        {
            return $"{watch.Elapsed:m\\:ss} so far";
        }

        TimeSpan left = TimeSpan.FromSeconds(Math.Min(watch.Elapsed.TotalSeconds * toDo / done, TimeSpan.FromDays(9).TotalSeconds));
        return left.TotalHours >= 1 ? $"{left.TotalHours:0} h {left.Minutes} min left" : $"{left:m\\:ss} left";
    }

    private sealed class Figures(Gauge gauge) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(gauge.Line());
    }
}

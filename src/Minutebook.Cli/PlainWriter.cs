using System.Text;

namespace Minutebook.Cli;

/// <summary>Writes whole lines without the blanks that tables end with.</summary>
internal sealed class PlainWriter(TextWriter to) : TextWriter
{
    private readonly StringBuilder line = new();

    public override Encoding Encoding => to.Encoding;

    public override void Write(char value)
    {
        if (value != '\n')
        {
            line.Append(value);
            return;
        }

        to.WriteLine(line.ToString().TrimEnd());
        line.Clear();
    }

    public override void Flush()
    {
        // What is no line yet waits: a table's row may be written in pieces.
        to.Flush();
    }
}

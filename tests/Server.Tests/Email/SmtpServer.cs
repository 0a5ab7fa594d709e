using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Minutebook.Server.Tests.Email;

/// <summary>A little mail server: takes messages, and refuses or keeps silent when it is told to.</summary>
internal sealed class SmtpServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Task accepting;

    public SmtpServer()
    {
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>What it answers to the end of a message.</summary>
    public string Answer { get; set; } = "250 taken";

    /// <summary>Whom it has no mailbox for.</summary>
    public string? Unknown { get; set; }

    public bool IsSilent { get; set; }

    /// <summary>It ends each connection without a word.</summary>
    public bool HangsUp { get; set; }

    public int HungUp { get; private set; }

    public bool OffersTls { get; init; }

    public System.Collections.Concurrent.ConcurrentQueue<string> Said { get; } = new();

    public System.Collections.Concurrent.ConcurrentQueue<string> Messages { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Dispose();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await listener.AcceptTcpClientAsync(stopping.Token);
                _ = TalkAsync(client);
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
                using var writer = new StreamWriter(client.GetStream(), Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
                if (HangsUp)
                {
                    HungUp++;
                    return;
                }

                if (IsSilent)
                {
                    await Task.Delay(Timeout.Infinite, stopping.Token);
                }

                await writer.WriteLineAsync("220 little mail server");
                while (await reader.ReadLineAsync(stopping.Token) is { } line)
                {
                    Said.Enqueue(line);
                    await writer.WriteLineAsync(await AnswerAsync(line, reader, writer));
                }
            }
            catch (Exception over) when (over is OperationCanceledException or IOException)
            {
            }
        }
    }

    private async Task<string> AnswerAsync(string line, StreamReader reader, StreamWriter writer)
    {
        if (line.StartsWith("EHLO", StringComparison.Ordinal))
        {
            return OffersTls ? "250-here\r\n250 STARTTLS" : "250 here";
        }

        if (Unknown is { } unknown && line.StartsWith($"RCPT TO:<{unknown}>", StringComparison.Ordinal))
        {
            return "550 no such mailbox";
        }

        if (line != "DATA")
        {
            return line == "QUIT" ? "221 bye" : line == "STARTTLS" ? "220 go on" : "250 ok";
        }

        await writer.WriteLineAsync("354 go on");
        StringBuilder message = new();
        while (await reader.ReadLineAsync(stopping.Token) is { } part && part != ".")
        {
            message.Append(part).Append('\n');
        }

        string answer = Answer;
        if (answer.StartsWith('2'))
        {
            Messages.Enqueue(message.ToString());
        }

        return answer;
    }
}

using System.CommandLine;
using System.Text;
using System.Text.Json;
using Minutebook.Core.Billing;
using Minutebook.Engine;
using Minutebook.Store;

namespace Minutebook.Cli;

/// <summary><c>minutebook verify BILL</c></summary>
internal static class Verify
{
    public static Command Command()
    {
        Argument<string> number = new("bill") { Description = "The bill's number", HelpName = "BILL" };
        Option<string> data = Serve.DataOption();
        Option<string?> postgres = new("--postgres") { Description = "The journal is in PostgreSQL", HelpName = "CONNECTION" };
        Option<string?> against = new("--against") { Description = "Compare with this bill instead, as the API gave it (JSON)", HelpName = "FILE" };
        Option<bool> json = new("--json") { Description = "For programs" };
        Command command = new("verify", "Work a bill out a second time, from the journal alone, and compare it line by line.") { number, data, postgres, against, json };
        command.SetAction((parsed, stop) =>
        {
            string directory = parsed.GetValue(data)!;
            Journal.Existing(new JournalOptions(directory, parsed.GetValue(postgres), null, 0, null, parsed.GetValue(json)));
            using Store.Store store = Journal.Open(directory, parsed.GetValue(postgres));
            Core.Billing.Bill issued = parsed.GetValue(against) is { } file ? OfFile(file) : Stored(store, parsed.GetValue(number)!);
            return Task.FromResult(Report(issued, Again(store, issued.Account, parsed.GetValue(number)!, stop), parsed.GetValue(json)));
        });
        return command;
    }

    private static Core.Billing.Bill Stored(Store.Store store, string number)
    {
        using Reader read = store.Read();
        return read.Bill(number) is { } row
            ? BillReader.Read(Encoding.UTF8.GetString(row.Json))
            : throw new Failure(ExitCode.Failed, $"There is no bill {number} in this directory. 'minutebook bill --account A' lists an account's.");
    }

    private static Core.Billing.Bill OfFile(string file)
    {
        try
        {
            return BillReader.Read(File.ReadAllText(file));
        }
        catch (FormatException wrong)
        {
            throw new Failure(ExitCode.Usage, $"{file} is not a bill as the API gives it: {wrong.Message}", wrong);
        }
    }

    private static BillVerification Again(Store.Store store, string account, string number, CancellationToken stop)
    {
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("minutebook-verify-");
        try
        {
            return BillVerification.Of(store, account, number, scratch.FullName, stop);
        }
        catch (Exception damage) when (damage is StoreException or FormatException)
        {
            throw new Failure(ExitCode.Failed, damage.Message, damage);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static int Report(Core.Billing.Bill issued, BillVerification again, bool asJson)
    {
        if (again.Bill is not { } made)
        {
            throw new Failure(ExitCode.Failed, $"The journal does not give bill {issued.Number}: either the bill is from another journal, or this journal is not complete.");
        }

        List<(string Line, bool Same, string Issued, string Made)> lines = [.. Compared(issued, made)];
        bool same = lines.TrueForAll(line => line.Same);
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                bill = issued.Number,
                same,
                groups = again.Groups,
                lines = lines.Select(line => new { line = line.Line, same = line.Same, issued = line.Issued, made = line.Made }),
            }));
            return same ? ExitCode.Ok : ExitCode.Failed;
        }

        foreach ((string line, bool isSame, string was, string now) in lines)
        {
            Console.WriteLine(isSame ? $"  same     {line}  {was}" : $"  differs  {line}\n             issued  {was}\n             again   {now}");
        }

        Console.WriteLine(same
            ? $"The same: {issued.Number}, worked out again from {Quantity.Whole(again.Groups)} groups of the journal."
            : $"{issued.Number} is not what the journal gives. Keep the data directory as it is, and report this.");
        return same ? ExitCode.Ok : ExitCode.Failed;
    }

    /// <summary>Line by line, then everything else that the bill says.</summary>
    private static IEnumerable<(string Line, bool Same, string Issued, string Made)> Compared(Core.Billing.Bill issued, Core.Billing.Bill made)
    {
        string[] was = Lines(issued), now = Lines(made);
        for (int i = 0; i < Math.Max(was.Length, now.Length); i++)
        {
            string one = i < was.Length ? was[i] : "", other = i < now.Length ? now[i] : "";
            BillLine line = i < issued.Lines.Count ? issued.Lines[i] : made.Lines[i];
            bool isSame = one == other;
            yield return ($"line {i + 1}, {line.Rate.Id} of {line.Application ?? "the account"}", isSame, isSame ? Words(line, issued) : one, isSame ? Words(line, issued) : other);
        }

        (string whole, string again) = (Whole(issued), Whole(made));
        yield return ("number, dates, rounding and total", whole == again, whole, again);
    }

    private static string[] Lines(Core.Billing.Bill bill)
    {
        using var json = JsonDocument.Parse(BillJson.ToJson(bill));
        return [.. json.RootElement.GetProperty("lines").EnumerateArray().Select(line => line.GetRawText())];
    }

    private static string Words(BillLine line, Core.Billing.Bill bill) => $"{line.Units} {Server.Figures.Several(line.Rate.Unit.Name)}, {line.Amount} {bill.Currency.Code}";

    private static string Whole(Core.Billing.Bill bill) =>
        $"{bill.Number}, issued {bill.IssuedAt}, card {bill.Card.Card}, rounding {bill.Rounding}, total {bill.Total.ToMinorString(bill.Currency.MinorDigits)} {bill.Currency.Code}";
}

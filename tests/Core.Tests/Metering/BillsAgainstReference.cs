using System.Text;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using Minutebook.Reference;
using Minutebook.Reference.Billing;
using Minutebook.Reference.Workloads;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>
/// Every bill, entry of the wallet, package and share of a class is what the brute-force reference works out, on random cards, packages,
/// orders and histories (rules 4 to 6), and the laws of <see cref="BooksLaws"/> hold. MINUTEBOOK_TEST_LONG=1 tries many more,
/// MINUTEBOOK_SEED=n only that one.
/// </summary>
public sealed class BillsAgainstReference
{
    public static TheoryData<int> Seeds => [.. TestRun.Seeds(few: 200, many: 5_000)];

    public static TheoryData<int> WithTerms => [.. TestRun.Seeds(few: 100, many: 4_000, first: 5001)];

    public static TheoryData<int> Cut => [.. TestRun.Seeds(few: 24, many: 2_000, first: 1001)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Rules_4_to_6_bills_wallet_packages_and_details_are_the_references(int seed)
    {
        var run = new Run(seed);
        run.All(restarts: false);
        run.Same();
    }

    [Theory]
    [MemberData(nameof(WithTerms))]
    public void Rules_1_5_3_4_6_1_and_6_3_bills_are_the_references_when_the_accounts_terms_change(int seed)
    {
        var run = new Run(seed, withTerms: true);
        run.All(restarts: false);
        run.Same();
    }

    [Theory]
    [MemberData(nameof(Cut))]
    public void Bills_packages_and_their_marks_are_the_same_however_the_work_is_cut(int seed)
    {
        var once = new Run(seed, withTerms: seed % 2 == 0);
        once.All(restarts: false);
        var often = new Run(seed, withTerms: seed % 2 == 0);
        often.All(restarts: true);
        Assert.Equal(once.Lines(), often.Lines());
    }

    /// <summary>One history, told to the book and to the reference.</summary>
    private sealed class Run
    {
        private readonly Workload workload;
        private readonly BillingScript script;
        private readonly Random chance;
        private readonly Desk desk;
        private readonly ReferenceBooks books;
        private readonly List<string> wrong = [];

        public Run(int seed, bool withTerms = false)
        {
            chance = new Random(seed);
            workload = Workload.Of(new WorkloadOptions
            {
                Seed = seed,
                Classes = 4,
                UsersPerClass = 3,
                OthersOfEach = 2,
                Days = 2,
                DelayChance = 60,
                Applications = 2,
                LateDays = seed % 3 == 0 ? 35 : 4,
                Without = new HashSet<string> { "storage.sampled" },
            });
            script = new BillingScript(workload, withTerms);
            var cards = new RateCards();
            foreach (ReferenceCard card in script.Cards)
            {
                var version = new RateCardVersion(card.Id, LocalDatePattern.Iso.Parse(card.EffectiveFrom).Value);
                CardReading read = RateCardJson.Read(version, Encoding.UTF8.GetBytes(card.ToJson()));
                Assert.True(read.Faults.Count == 0, string.Join('\n', read.Faults));
                cards.Restore(read.Card!);
            }

            ReferenceAccount account = workload.Account;
            desk = new Desk(account, script.CreatedMs, cards, new Command.PutAccount(
                "account", "Reference", "USD", account.TimeZone, "one", LateDays: account.LateDays, CategorizedSince: new Given<string>(account.CategorizedSince)));
            books = new ReferenceBooks(script.History, script.Cards, "one", script.CreatedMs);
        }

        public void All(bool restarts)
        {
            var doings = workload.Steps.Select(step => (step.AtMs, Do: (Action)(() => desk.Do(step))))
                .Concat(script.Orders.Select(order => (order.AtMs, Do: (Action)(() => Do(order))))).OrderBy(one => one.AtMs);
            foreach ((long atMs, Action @do) in doings)
            {
                @do();
                if (restarts && chance.Next(3) == 0)
                {
                    desk.Flush();
                    desk.Restart();
                }
                else if (!restarts && chance.Next(8) == 0)
                {
                    desk.Flush();
                    desk.Forget();
                }
                else if (!restarts && chance.Next(25) == 0)
                {
                    Look(((atMs / 1000) + chance.Next(1, 3)) * 1000);
                }
            }

            long end = workload.EndMs + (3 * 86_400_000L);
            desk.AdvanceTo(end);
            books.AdvanceTo(end);
            desk.Flush();
        }

        public List<string> Lines() => desk.Tables.Lines();

        public void Same()
        {
            Differ("bill", books.Bills.SelectMany(Told), desk.Tables.Bills.Values.SelectMany(Told));
            Differ("entry", books.Ledger.Select(Told), desk.Tables.Ledger.Values.Select(Told));
            Differ("package", books.Packages.Select(Told), desk.Book.State.Packages.Select(its => $"{its.Id} {its.Remaining} {its.Refunded}"));
            Differ(
                "share", books.Shares.Where(one => one.Share.Class.Id is not null).Select(one => Told(one.Kind, one.Start, one.Share)),
                desk.Tables.Settled.Values.Select(Told));
            wrong.AddRange(new BooksLaws(desk, books).Broken());
            Assert.True(wrong.Count == 0, $"{workload}:\n{string.Join('\n', wrong.Take(12))}");
        }

        private void Do(Order order)
        {
            Command command = order switch
            {
                Order.Buy its => new Command.BuyPackage("account", its.Sku, its.Application, its.Reference),
                Order.Refund its => new Command.RefundPackage("account", its.Package),
                Order.PayAsYouGo its => new Command.PutApplication("account", its.Application, null, PayAsYouGo: its.Enabled),
                Order.Card its => new Command.PutAccount("account", null, null, null, its.Id),
                Order.LateDays its => new Command.PutAccount("account", null, null, null, LateDays: its.Days),
                Order.Categories its => new Command.PutAccount("account", null, null, null, CategorizedSince: new Given<string>(its.Since)),
                Order.SettleDelay its => new Command.PutAccount("account", null, null, null, SettleDelayMinutes: its.Minutes),
                Order.TopUp its => new Command.TopUp("account", Text(its.Micros), "USD", its.Reference),
                _ => throw new ArgumentException($"{order} is unknown.", nameof(order)),
            };
            bool isDone = desk.Try(command, order.AtMs) is null;
            if (books.Do(order) != isDone)
            {
                wrong.Add($"{order} was {(isDone ? "done" : "refused")}");
            }
        }

        /// <summary>Compares what is left in packages live (5.4), and whether they are marked as used up.</summary>
        private void Look(long atMs)
        {
            if (workload.Steps.Any(step => step.AtMs > atMs - 3000 && step.AtMs <= atMs) || script.Orders.Any(order => order.AtMs > atMs - 3000 && order.AtMs <= atMs))
            {
                return;
            }

            desk.AdvanceTo(atMs);
            books.AdvanceTo(atMs);
            IReadOnlyList<ReferencePackage> live = books.Live(atMs);
            Differ("live", live.Select(Told), desk.Live().Select(its => $"{its.Id} {its.Remaining} {its.Refunded}"));
            Differ(
                $"used up at {atMs}", live.Where(IsValid).Select(its => $"{its.Id} {its.IsUsedUp}"),
                live.Where(IsValid).Select(its => desk.Book.State.Packages.Find(one => one.Id == its.Id)!).Select(its => $"{its.Id} {its.UsedUpAt is not null}"));

            bool IsValid(ReferencePackage package) => package.IsValidOn(new Grid(workload.Account.TimeZone).DateOf(atMs / 1000));
        }

        private void Differ(string what, IEnumerable<string> expected, IEnumerable<string> actual)
        {
            List<string> here = [.. actual];
            List<string> there = [.. expected];
            wrong.AddRange(there.Except(here).Select(one => $"expected {what} {one}"));
            wrong.AddRange(here.Except(there).Select(one => $"but have {what} {one}"));
        }

        private static string Text(System.Numerics.BigInteger micros) => new Money((Int128)micros).ToString();

        private static string Told(ReferencePackage its) => $"{its.Id} {its.Left} {its.IsRefunded}";

        private static IEnumerable<string> Told(ReferenceBill bill) =>
        [
            $"{bill.Number} {bill.IssuedMs} {bill.Card} {bill.Cents}",
            .. bill.Lines.Select((line, place) => $"{bill.Number} {place + 1} {line}"),
        ];

        private static IEnumerable<string> Told(BillRow row)
        {
            Bill bill = BillReader.Read(Encoding.UTF8.GetString(row.Json));
            Assert.Equal(bill.Total, bill.Lines.Aggregate(bill.Rounding, static (sum, line) => sum + line.Amount));
            Assert.Equal(row.Total, bill.Total.ToMinorString(2));
            return
            [
                $"{bill.Number} {bill.IssuedAt.ToUnixTimeMilliseconds()} {bill.Card.Card} {LocalDatePattern.Iso.Format(bill.Card.EffectiveFrom)} {bill.Total.Micros / 10_000}",
                .. bill.Lines.Select((line, place) => $"{bill.Number} {place + 1} {Told(line)}"),
            ];
        }

        private static string Told(BillLine line) => $"{line.Application}|{line.Rate.Id}|{line.Quantity}|{line.Units}|{line.FreeUnits}|"
            + $"{string.Join(' ', line.Packages.Select(one => $"{one.Package}:{one.Units}:{Plain(one.Deducted)}"))}|{line.PayAsYouGoUnits}|{line.UncoveredUnits}|"
            + $"{line.Amount.Micros}|" + (line.Adjusts is { } period ? $"{period.BillKind} {LocalDatePattern.Iso.Format(period.Start)}" : "");

        private static string Plain(PackageUnits units) => units.ToString();

        private static string Told((long AtMs, string Kind, System.Numerics.BigInteger Micros, System.Numerics.BigInteger Balance, string Reference) entry) =>
            $"{entry.AtMs} {entry.Kind} {Text(entry.Micros)} {Text(entry.Balance)} {entry.Reference}";

        private static string Told(LedgerRow row) => $"{row.At} {row.Kind} {row.Amount} {row.Balance} {row.Reference}";

        private static string Told(string kind, LocalDate start, Share share) =>
            $"{kind} {LocalDatePattern.Iso.Format(start)} {share.Class.Application} {share.Class.Id} {share.Line.Rate.Id} {share.Line.Units} {share.Line.Free} "
            + $"{share.Line.Paid} {share.Line.Uncovered} {string.Join(' ', share.Line.Packages.Select(one => $"{one.Package}:{one.Units}"))}";

        private string Told(SettledRow row)
        {
            PageRow page = desk.Tables.Pages[row.Page];
            return $"{(row.Kind == 0 ? "daily" : "monthly")} {row.Period} {page.Application} {page.Key} {row.Rate} {row.Units} {row.Free} "
                + $"{row.PayAsYouGo} {row.Uncovered} {row.Packages.Replace('\n', ' ').Replace('\t', ':')}";
        }
    }
}

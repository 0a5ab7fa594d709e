using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Minutebook.Core;
using Minutebook.Server.Tests.Golden;
using Minutebook.Store;
using Minutebook.Testing;
using NodaTime;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Server.Tests.Processes;

/// <summary>
/// All SQL that the product sends, read from PostgreSQL's log: what a Citus cluster with its tables spread by shard can run. Each statement
/// is restricted to one shard, or is a read whose tables are joined by shard, which Citus asks every worker for.
/// </summary>
[Trait("Store", "Nodes")]
public sealed partial class CitusTests(ITestOutputHelper output)
{
    private static readonly string[] Tables = [.. PostgresSchema.Names];

    [Fact]
    public async Task Every_statement_is_of_one_shard_or_a_read_that_goes_to_all_of_them()
    {
        using PostgresServer database = new();
        string connection = database.Connection("citus") + ";Options=-c log_statement=all";
        await using (Served served = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0), null, options => options with { Postgres = connection }))
        {
            foreach (GoldenCase one in GoldenCase.All)
            {
                Assert.Empty(await one.RunAsync(served.Client));
            }

            await served.RestartAsync();
            await AskEverythingAsync(served);
        }

        await WriteWhatIsRareAsync(connection);

        string[] statements = [.. Statements(database.Log).Distinct()];
        Assert.True(statements.Length > 60, $"Only {statements.Length} statements were seen.");
        string[] unseen = [.. Tables.Where(table => !Array.Exists(statements, sql => Uses(sql, table)))];
        Assert.True(unseen.Length == 0, $"Nothing was asked of {string.Join(", ", unseen)}.");
        string[] fanned = [.. statements.Where(sql => TablesOf(sql).Any() && !IsOfOneShard(sql))];
        fanned.ToList().ForEach(output.WriteLine);
        Assert.DoesNotContain(fanned, static sql => !IsRead(sql) || !IsJoinedByShard(sql));
        Assert.DoesNotContain(statements, static sql => Volatile().IsMatch(sql));
        Assert.DoesNotContain(statements, static sql => NewerThan14().IsMatch(sql));
    }

    [Fact]
    public void What_the_checks_are_for_would_be_found()
    {
        Assert.False(IsOfOneShard("UPDATE usage SET quantity = 1 WHERE account = $1"));
        Assert.False(IsOfOneShard("SELECT epoch FROM owners FOR SHARE"));
        Assert.False(IsOfOneShard("INSERT INTO usage (account, shard) VALUES ($1, $2)"));
        Assert.True(IsOfOneShard("DELETE FROM usage WHERE shard = $1 AND account = $2"));
        Assert.Matches(NewerThan14(), "MERGE INTO usage USING its ON true WHEN MATCHED THEN DELETE");
        Assert.Matches(NewerThan14(), "SELECT any_value(account) FROM usage");
        Assert.DoesNotMatch(NewerThan14(), "SELECT coalesce(max(sequence), 0) FROM alert_feed WHERE shard = $1");
        Assert.False(IsRead("SELECT epoch FROM owners FOR SHARE"));
        Assert.False(IsJoinedByShard("SELECT 1 FROM usage u JOIN accounts a ON a.account = u.account"));
        Assert.False(IsJoinedByShard("SELECT 1 FROM usage WHERE account IN (SELECT account FROM accounts)"));
        Assert.True(IsJoinedByShard("SELECT 1 FROM bills WHERE shard IN (SELECT shard FROM positions) AND number = $1"));
    }

    [Fact]
    public async Task The_statements_for_Citus_name_every_table_once()
    {
        (int code, string printed) = await ServingProcess.RunAsync("schema", "--citus");
        Assert.Equal(0, code);
        using PostgresServer database = new();
        Store.Store.Open(new StoreOptions { Directory = "", Postgres = database.Connection("all") }).Dispose();
        using Npgsql.NpgsqlConnection connection = new(database.Connection("all"));
        await connection.OpenAsync();
        using Npgsql.NpgsqlCommand select = new("SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'all' AND column_name = 'shard' ORDER BY 1", connection);
        using Npgsql.NpgsqlDataReader reader = await select.ExecuteReaderAsync();
        List<string> there = [];
        while (await reader.ReadAsync())
        {
            there.Add(reader.GetString(0));
        }

        Assert.Equal(there, Distributed().Matches(printed).Select(static match => match.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    /// <summary>What the cases do not come to: voids ahead of their events, notes of connectors, runs of identities, several processes.</summary>
    private static async Task WriteWhatIsRareAsync(string connection)
    {
        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = "", Postgres = connection });
        int shard = store.ShardOf("a");
        Assert.True(SpinWait.SpinUntil(() => store.TryHold(shard), 30_000));
        Changes changes = new();
        changes.Awaited.AddRange([new AwaitedRow("a", 1, false), new AwaitedRow("a", 2, true)]);
        changes.Notes.Add(new NoteRow("a", "app", "trtc", "k", "t", 1));
        Store.Told told = new();
        told.Outcomes.Add(new OutcomeRow(1, 0, "{}"));
        told.Permits["a"] = "{}";
        store.Write(shard, changes, 1 + store.PositionOf(shard).Position, 1, told);
        store.Outbox.Begin(new SessionRow("s", "sealed", 1, 9), 1, 0, 10);
        store.Outbox.Seen("s", 2);
        Assert.Equal(2, store.Outbox.Session("s")?.SeenAt);
        store.Outbox.End("s");
        store.WriteRuns(shard, [RunRow.Head("a", 0, 0, 1), new RunRow("a", 0, 0, 0, [1])]);
        store.WriteRuns(shard, [new RunRow("a", 0, 0, 0, [])]);
        Assert.Equal("{}", store.Nodes!.Outcome(shard, 1, 0));
        Assert.NotEmpty(store.Nodes.Permits(shard, 0));
        Assert.NotEmpty(store.Nodes.Owners());
        store.Nodes.Beat(new NodeSays([1], [], [], false));
        Assert.NotEmpty(store.Nodes.Look().Held);
        Assert.True(await store.Nodes.Locks.TryTakeAsync(["a", "b"], TimeSpan.FromSeconds(10)));
        Assert.False(await store.Nodes.Locks.TryTakeAsync(["b"], TimeSpan.FromSeconds(10)));
        await store.Nodes.Locks.ReleaseAsync(["a", "b"]);
        store.Nodes.Leave();
        using Reader read = store.Read();
        Assert.Single(read.Notes("a", "app", "trtc"));
        Assert.NotNull(read.Note("a", "app", "trtc", "k"));
        Assert.Single(read.RunsBegun("a"));
        Assert.Empty(read.RunBlocks("a", 0, 0));
    }

    private static async Task AskEverythingAsync(Served served)
    {
        string[] accounts = [.. (await served.GetAsync("/v1/accounts")).GetProperty("items").EnumerateArray().Select(one => one.GetProperty("account").GetString()!)];
        foreach (RouteEndpoint endpoint in served.Host.Endpoints.OfType<RouteEndpoint>().Where(static one => one.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true))
        {
            string pattern = endpoint.RoutePattern.RawText!;
            if (pattern.EndsWith("/live", StringComparison.Ordinal))
            {
                continue;
            }

            string path = Place().Replace(pattern.Replace("{account}", accounts[0], StringComparison.Ordinal), "1");
            using HttpResponseMessage response = await served.Client.GetAsync($"{path}?meter=av&from=2027-01-01&to=2027-02-01&month=2027-01&account={accounts[0]}&search=a&sort=seconds");
            Assert.True((int)response.StatusCode < 500, $"{path}: {response.StatusCode}");
        }
    }

    private static IEnumerable<string> Statements(string log) => File.ReadLines(log)
        .Select(static line => Logged().Match(line)).Where(static match => match.Success)
        .SelectMany(static match => match.Groups[1].Value.Split("; ")).Select(static sql => sql.Trim());

    private static bool Uses(string sql, string table) => Regex.IsMatch(sql, $@"\b(FROM|JOIN|INTO|UPDATE) {table}\b");

    private static IEnumerable<string> TablesOf(string sql) => sql.StartsWith("CREATE", StringComparison.Ordinal) ? [] : Tables.Where(table => Uses(sql, table));

    private static bool IsOfOneShard(string sql) => sql.StartsWith("INSERT", StringComparison.Ordinal)
        ? Inserted().IsMatch(sql)
        : Restricted().Count(sql) + JoinedByShard().Count(sql) >= Referred().Matches(sql).Count(static match => Tables.Contains(match.Groups[1].Value))
            && Restricted().IsMatch(sql);

    private static bool IsRead(string sql) => sql.StartsWith("SELECT", StringComparison.Ordinal) && !sql.Contains(" FOR ", StringComparison.Ordinal);

    private static bool IsJoinedByShard(string sql) =>
        Referred().Matches(sql).Count(static match => Tables.Contains(match.Groups[1].Value)) - 1 <= JoinedByShard().Count(sql) + SubqueryByShard().Count(sql);

    [GeneratedRegex(@"LOG:  (?:execute [^:]*|statement): (.*)$")]
    private static partial Regex Logged();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Place();

    [GeneratedRegex(@"\bshard = (\$\d+|\d+)\b")]
    private static partial Regex Restricted();

    [GeneratedRegex(@"\b\w+\.shard = \w+\.shard\b")]
    private static partial Regex JoinedByShard();

    [GeneratedRegex(@"\bshard IN \(SELECT shard FROM positions\)")]
    private static partial Regex SubqueryByShard();

    [GeneratedRegex(@"\b(?:FROM|JOIN|UPDATE) (\w+)\b")]
    private static partial Regex Referred();

    [GeneratedRegex(@"^INSERT INTO \w+ \(shard, [^)]*\) (VALUES \((\$1|\d+), |SELECT \$1, )")]
    private static partial Regex Inserted();

    // What PostgreSQL 15 to 18 brought: the oldest that is served has none of it.
    [GeneratedRegex(@"\b(MERGE INTO|NULLS (NOT )?DISTINCT|security_invoker|any_value|regexp_(count|instr|like|substr)|range_agg|pg_input_is_valid|array_(sample|shuffle|sort|reverse)|"
        + @"random_normal|json_(array|object|table|exists|value|query|scalar|serialize)(agg)?|IS (NOT )?JSON|date_(add|subtract)|system_user|to_(bin|oct)|ON_ERROR|"
        + @"uuidv[47]|casefold|crc32c?|gamma|RETURNING (WITH|OLD|NEW)|MAINTAIN|transaction_timeout|0[xob]_?[0-9a-f]+|[0-9]_[0-9])\b", RegexOptions.IgnoreCase)]
    private static partial Regex NewerThan14();

    [GeneratedRegex(@"\b(random|clock_timestamp|nextval|gen_random_uuid)\(|SET LOCAL|\bTRIGGER\b")]
    private static partial Regex Volatile();

    [GeneratedRegex(@"create_distributed_table\('(\w+)', 'shard'")]
    private static partial Regex Distributed();
}

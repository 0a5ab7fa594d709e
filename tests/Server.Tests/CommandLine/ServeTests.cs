using Minutebook.Server.Tests.Processes;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.CommandLine;

public sealed class ServeTests
{
    [Fact]
    public async Task A_store_is_made_with_as_many_shards_as_are_asked_for_and_keeps_them()
    {
        string directory = Directory.CreateTempSubdirectory("minutebook-shards-").FullName;
        Instant start = Instant.FromUtc(2027, 1, 1, 0, 0);
        // Its directory is the other's, and gone with it.
        Served made = await Served.StartAsync(start, directory, static options => options with { Postgres = null, Shards = 3 });
        await made.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC" });
        await made.StopAsync();
        await using Served again = await Served.StartAsync(start, directory, static options => options with { Postgres = null });
        Assert.Equal("School", (await again.GetAsync("/v1/accounts/school")).GetProperty("name").GetString());
        await again.StopAsync();

        (int code, string said) = await ServingProcess.RunAsync("journal", "verify", "--data", directory, "--shard", "3");
        Assert.True(code == 0, said);
        (code, said) = await ServingProcess.RunAsync("serve", "--data", directory, "--listen", "http://127.0.0.1:0", "--shards", "16");
        Assert.True(code != 0 && said.Contains("was made with 3 shards", StringComparison.Ordinal), said);
        (code, said) = await ServingProcess.RunAsync("serve", "--data", directory, "--shards", "257");
        Assert.True(code != 0 && said.Contains("--shards takes a number from 1 to 256.", StringComparison.Ordinal), said);
    }

    [Theory]
    [InlineData("MINUTEBOOK_RATE_LIMIT", "many", "MINUTEBOOK_RATE_LIMIT must be a whole number")]
    [InlineData("MINUTEBOOK_PROXIES", "nobody", "MINUTEBOOK_PROXIES must be networks")]
    [InlineData("MINUTEBOOK_WEBHOOKS_ALLOW", "everybody", "MINUTEBOOK_WEBHOOKS_ALLOW must be networks")]
    [InlineData("MINUTEBOOK_SMTP_PORT", "x", "MINUTEBOOK_SMTP_PORT must be a port")]
    [InlineData("MINUTEBOOK_SMTP_PASSWORD_FILE", "/nowhere/password", "MINUTEBOOK_SMTP_PASSWORD_FILE cannot be used")]
    [InlineData("MINUTEBOOK_OIDC_ADDRESS", "ftp://x", "MINUTEBOOK_OIDC_ADDRESS must be an https address")]
    [InlineData("MINUTEBOOK_OIDC_CLIENT_SECRET_FILE", "/nowhere/secret", "MINUTEBOOK_OIDC_CLIENT_SECRET_FILE cannot be used")]
    [InlineData("MINUTEBOOK_ADMIN_KEY", "", "admin.key is empty", "admin.key", "")]
    [InlineData("MINUTEBOOK_ADMIN_KEY", "key", "secret.key is not as it was made", "secret.key", "nonsense!")]
    [InlineData("MINUTEBOOK_ADMIN_KEY", "key", "secret.key is not as it was made", "secret.key", "bm9uc2Vuc2U=")]
    [InlineData("MINUTEBOOK_ADMIN_KEY", "key", "secret.key is not as it was made", "secret.key", "AAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("MINUTEBOOK_ADMIN_KEY", "key", "secret.key is not as it was made", "secret.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_wrong_setting_is_said_in_a_sentence(string name, string value, string expected, string? file = null, string? content = null)
    {
        string directory = Directory.CreateTempSubdirectory("minutebook-settings-").FullName;
        if (file is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(directory, file), content);
        }

        (string, string)[] environment =
        [
            ("MINUTEBOOK_SMTP_HOST", "mail.example"), ("MINUTEBOOK_SMTP_FROM", "book@example.org"), ("MINUTEBOOK_SMTP_USER", "book"),
            ("MINUTEBOOK_OIDC_ISSUER", "https://id.example.org"), ("MINUTEBOOK_OIDC_CLIENT_ID", "book"), ("MINUTEBOOK_OIDC_ADDRESS", "https://book.example.org"),
            (name, value),
        ];
        (int code, string said) = await ServingProcess.RunAsync(environment, "serve", "--data", directory, "--listen", "http://127.0.0.1:0");
        Directory.Delete(directory, recursive: true);

        Assert.True(code == 2 && said.Contains(expected, StringComparison.Ordinal), $"{code}: {said}");
        Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain("listen", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_said_to_be()
    {
        string directory = Directory.CreateTempSubdirectory("minutebook-taken-").FullName;
        await using Served other = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0));
        (int code, string said) = await ServingProcess.RunAsync("serve", "--data", directory, "--listen", other.Host.Address);
        Directory.Delete(directory, recursive: true);

        Assert.True(code == 1 && said.Contains($"The server cannot listen on {other.Host.Address}: ", StringComparison.Ordinal), $"{code}: {said}");
        Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task An_address_of_another_machine_is_said_to_be_none_in_a_sentence()
    {
        string directory = Directory.CreateTempSubdirectory("minutebook-elsewhere-").FullName;
        // An address for documentation (RFC 5737), which no machine has.
        (int code, string said) = await ServingProcess.RunAsync("serve", "--data", directory, "--listen", "http://192.0.2.1:8080");
        Directory.Delete(directory, recursive: true);

        Assert.True(code == 1 && said.Contains(". Name another address with --listen.", StringComparison.Ordinal), $"{code}: {said}");
        Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("--listen", "https://127.0.0.1:1", "'https://127.0.0.1:1' is not an address to listen on")]
    [InlineData("--listen", "http://127.0.0.1:1/x", "'http://127.0.0.1:1/x' is not an address to listen on")]
    [InlineData("--listen", "http://127.0.0.1:1?x", "'http://127.0.0.1:1?x' is not an address to listen on")]
    [InlineData("--listen", "http://user@127.0.0.1:1", "'http://user@127.0.0.1:1' is not an address to listen on")]
    [InlineData("--listen", "http://localhost:0", "--listen takes port 0 with an address alone")]
    [InlineData("--data", "", "--data takes the name of a directory")]
    public async Task A_wrong_option_is_refused_before_anything_is_made(string option, string value, string expected)
    {
        string directory = Directory.CreateTempSubdirectory("minutebook-options-").FullName;
        string[] data = option == "--data" ? [] : ["--data", Path.Combine(directory, "made")];
        (int code, string said) = await ServingProcess.RunAsync(["serve", option, value, .. data]);
        bool isMade = Directory.EnumerateFileSystemEntries(directory).Any();
        Directory.Delete(directory, recursive: true);

        Assert.True(code == 2 && said.Contains(expected, StringComparison.Ordinal), $"{code}: {said}");
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        Assert.False(isMade);
    }

    [Theory]
    [InlineData("admin.key")]
    [InlineData("secret.key")]
    public async Task A_directory_in_the_place_of_a_key_is_said_to_be_one(string name)
    {
        string directory = Directory.CreateTempSubdirectory("minutebook-key-").FullName;
        Directory.CreateDirectory(Path.Combine(directory, name));
        (int code, string said) = await ServingProcess.RunAsync(
            [("MINUTEBOOK_ADMIN_KEY", "")], "serve", "--data", directory, "--listen", "http://127.0.0.1:0");
        Directory.Delete(directory, recursive: true);

        Assert.True(code == 2 && said.Contains($"{name} is a directory. Put the file in its place", StringComparison.Ordinal), $"{code}: {said}");
    }

    [Fact]
    public async Task The_log_is_written_to_standard_error()
    {
        string directory = Directory.CreateTempSubdirectory("minutebook-log-").FullName;
        using (var process = ServingProcess.Start(directory, "2027-01-01T00:00:00Z"))
        {
            using HttpClient client = await process.ClientAsync();
            client.DefaultRequestHeaders.Authorization = new("Bearer", "no-key");
            using HttpResponseMessage refused = await client.GetAsync("/v1/accounts");
            Assert.True(
                SpinWait.SpinUntil(() => process.Logged.Contains("GET /v1/accounts", StringComparison.Ordinal), TimeSpan.FromSeconds(30)), process.Said);
        }

        Directory.Delete(directory, recursive: true);
    }
}

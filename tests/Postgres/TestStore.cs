using System.Security.Cryptography;
using System.Text;

namespace Minutebook.Testing;

/// <summary>On which database the tests that run on both are run: MINUTEBOOK_TEST_STORE=postgres asks for PostgreSQL.</summary>
public static class TestStore
{
    public static bool IsPostgres => Environment.GetEnvironmentVariable("MINUTEBOOK_TEST_STORE") == "postgres";

    /// <summary>The connection of the store that belongs to a directory: the same for the same directory; null for SQLite.</summary>
    public static string? PostgresOf(string directory) => IsPostgres
        ? PostgresServer.Shared.Patient("d" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(directory))))[..16])
        : null;
}

namespace Minutebook.Server;

internal static class RootPage
{
    public const string Path = "/";
    public const string SignIn = "/login";

    public static void Map(Routes routes, AdminKey admin, Pace pace)
    {
    }
}

using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;

namespace Minutebook.Server;

/// <summary>How many users the classes of a period had, each once. No table knows it: the classes' pages are read.</summary>
internal static class UsersOfPeriod
{
    /// <summary>Four million events or so.</summary>
    private const long MostBytes = 128 << 20;
    private const int MostClasses = 200_000;

    /// <summary>Exactly so many; null where there are too many classes to be read for one answer.</summary>
    public static int? Of(Store.Reader read, AccountState account, Range range, string? application, long now)
    {
        List<ClassRow> classes = read.Classes(account.Id, range.FromMs, range.ToMs, application, after: null, MostClasses + 1, viewings: false);
        if (classes.Count > MostClasses)
        {
            return null;
        }

        var users = new DistinctUsers(account.TimeZone, now);
        long left = MostBytes;
        foreach (ClassRow one in classes)
        {
            List<byte[]> chunks = read.Chunks(account.Id, one.Page);
            left -= chunks.Sum(static chunk => (long)chunk.Length);
            if (left < 0)
            {
                return null;
            }

            users.Add(account.Application(one.Application)!.History, chunks);
        }

        return users.Count;
    }
}

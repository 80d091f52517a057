using ModelTrack.Content;
using ModelTrack.Storage.Store;

namespace ModelTrack.Artifacts;

/// <summary>
/// The folder `.modeltrack` beside a file, where its next version becomes whole: on the same volume, where no default glob looks, and ignored by Git
/// from before the first file in it until after the last, so that nobody sees or adds what a killed process left.
/// </summary>
internal static class WorkContainer
{
    public const string Name = ".modeltrack";

    /// <summary>What <see cref="TempNames"/> are given here.</summary>
    public const string TempSuffix = ".tmp";

    private const string IgnoreName = ".gitignore";
    private const int Attempts = 3;

    public static string PathIn(string folder) => Path.Combine(folder, Name);

    /// <summary>Makes the folder. Another process that leaves it may remove it again at once: what is then done in it fails, and is to be tried again.</summary>
    public static void Enter(string container)
    {
        Directory.CreateDirectory(container);
        Ignore(container);
    }

    /// <summary>Removes what dead processes left, and the folder if nobody works there.</summary>
    public static void Leave(string container)
    {
        // Never through a link: it would be somebody else's folder.
        if (!FileStat.TryGet(container, out var stat) || stat.Kind != FileKind.Directory) return;

        TempNames.RemoveLeftovers(container, "*" + TempSuffix, prefix: 0, TempSuffix.Length);
        for (var attempt = 1; attempt <= Attempts && !TryRemove(container); attempt++)
        {
        }
    }

    /// <summary>False when somebody came while it was removed.</summary>
    private static bool TryRemove(string container)
    {
        try
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(container))
            {
                if (Path.GetFileName(path) != IgnoreName) return true;
            }

            File.Delete(Path.Combine(container, IgnoreName));
            Directory.Delete(container);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            try
            {
                if (Directory.Exists(container)) Ignore(container);
            }
            catch (Exception again) when (again is IOException or UnauthorizedAccessException)
            {
                // It is gone, or another makes it just now.
            }

            return false;
        }
    }

    /// <summary>Hides all of a folder from Git, this file too.</summary>
    public static void Ignore(string folder) => WholeFile.Create(Path.Combine(folder, IgnoreName), "*\n"u8);
}

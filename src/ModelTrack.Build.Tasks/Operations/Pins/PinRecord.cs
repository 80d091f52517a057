using System.Text;
using ModelTrack.Content;

namespace ModelTrack.Operations.Pins;

/// <summary>
/// What lock file and pins were when a build had all of them in place, as one hash under obj: while it is the same, neither Git nor the lock file's
/// text has to be asked anything. Kept simple for the JIT's sake (see UnchangedArtifacts).
/// </summary>
internal static class PinRecord
{
    /// <summary>Whether nothing is to be resolved or removed. Contents are vouched for by their states.</summary>
    public static bool Vouches(IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options)
    {
        var lockFile = PinLock.PathFor(options.ProjectDirectory);
        var hasPins = false;
        foreach (var artifact in artifacts) hasPins |= artifact.IsPinned;
        if (!hasPins && !File.Exists(lockFile)) return true;
        try
        {
            return File.ReadAllText(FileOf(options)) == Compute(artifacts, options);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>After all pins of the project were found in place.</summary>
    public static void Write(IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(FileOf(options))!);
            File.WriteAllText(FileOf(options), Compute(artifacts, options));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next build looks closely, and comes to the same result.
        }
    }

    private static string FileOf(OperationOptions options) => Path.Combine(PinPlaces.Root(options.IntermediateDirectory), "seen");

    private static string Compute(IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options)
    {
        var text = new StringBuilder();
        text.Append(options.Locked ? "locked\n" : "open\n");
        text.Append(options.SeesAllItems ? "all\n" : "some\n");
        foreach (var artifact in artifacts)
        {
            if (!artifact.IsPinned) continue;
            // The path has revision and repository in it.
            text.Append(artifact.FullPath).Append('\n');
        }

        if (PinLock.ReadBytes(PinLock.PathFor(options.ProjectDirectory)) is { } bytes) text.Append(Convert.ToHexString(bytes));
        return Sha256Hash.Of(Encoding.UTF8.GetBytes(text.ToString())).ToString();
    }
}

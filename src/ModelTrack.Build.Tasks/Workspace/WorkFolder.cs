using System.Globalization;
using ModelTrack.Artifacts;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>
/// This process's own folder in `.modeltrack` beside an artifact, on the artifact's volume, where content becomes whole before it is renamed into place.
/// Its name says whose it is, so that the next run can tell what a dead process left. Git ignores all of it.
/// </summary>
internal sealed class WorkFolder : IDisposable
{
    public const string ContainerName = WorkContainer.Name;

    private const int Attempts = 4;

    private static readonly TimeSpan s_foreignLeftover = TimeSpan.FromDays(7);

    private readonly PlaceFolder _beside;
    private readonly PlaceFolder _container;
    private int _files;

    private WorkFolder(PlaceFolder beside, PlaceFolder container, PlaceFolder folder)
    {
        _beside = beside;
        _container = container;
        Folder = folder;
    }

    public PlaceFolder Folder { get; }

    /// <param name="beside">The folder that the artifact is in; not disposed by this.</param>
    public static WorkFolder Create(PlaceFolder beside)
    {
        for (var attempt = 1; ; attempt++)
        {
            var container = EnterContainer(beside);
            PlaceFolder? folder = null;
            try
            {
                WorkContainer.Ignore(container.Path);
                folder = container.Enter(ProcessMark.NewName(), create: true)!;
                // Its own too: who leaves the container at this moment takes that one's away for a while.
                WorkContainer.Ignore(folder.Path);
                RemoveLeftovers(container.Path);
                return new WorkFolder(beside, container, folder);
            }
            catch (Exception e)
            {
                CleanUp(beside, container, folder);

                // Another process may have removed the empty container just now.
                if (e is not (FileNotFoundException or DirectoryNotFoundException) || attempt == Attempts) throw;
            }
        }
    }

    /// <summary>A name for the next file.</summary>
    public string NextName() => Interlocked.Increment(ref _files).ToString(CultureInfo.InvariantCulture);

    public void Dispose() => CleanUp(_beside, _container, Folder);

    private static void CleanUp(PlaceFolder beside, PlaceFolder container, PlaceFolder? folder)
    {
        folder?.Dispose();
        if (folder is not null) DeleteTree(folder.Path);
        container.Dispose();
        try
        {
            if (!beside.TryRemoveFolder(ContainerName)) WorkContainer.Leave(beside.PathOf(ContainerName));
        }
        catch (Exception e) when (IoFailure.IsExpected(e))
        {
            // The next run tries again.
        }
    }

    /// <summary>Removes what dead processes left beside an artifact on which nothing is to be done any more.</summary>
    /// <param name="beside">The folder that the artifact is in.</param>
    public static void Sweep(string beside)
    {
        var container = Path.Combine(beside, ContainerName);
        if (!FileStat.TryGet(container, out var stat) || stat.Kind != FileKind.Directory) return;
        RemoveLeftovers(container);
        WorkContainer.Leave(container);
    }

    private static PlaceFolder EnterContainer(PlaceFolder beside)
    {
        if (beside.TryStat(ContainerName, out var stat) && stat.Kind != FileKind.Directory) throw WorkspaceErrors.ReservedFolder(beside.PathOf(ContainerName));
        var container = beside.Enter(ContainerName, create: true)!;
        if (OperatingSystem.IsWindows()) new DirectoryInfo(container.Path).Attributes |= FileAttributes.Hidden;
        return container;
    }

    private static void RemoveLeftovers(string container)
    {
        try
        {
            foreach (var folder in Directory.EnumerateDirectories(container))
                if (IsLeftover(folder)) DeleteTree(folder);
        }
        catch (Exception e) when (IoFailure.IsExpected(e))
        {
            // Leftovers only cost room.
        }
    }

    /// <summary>A folder without a mark is nobody's leftover: whoever made it may want it.</summary>
    private static bool IsLeftover(string folder) =>
        ProcessMark.Parse(Path.GetFileName(folder)) is { } mark
        && (mark.IsOfThisHost ? !mark.IsAlive() : DateTime.UtcNow - Directory.GetLastWriteTimeUtc(folder) > s_foreignLeftover);

    private static void DeleteTree(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (IoFailure.IsExpected(e))
        {
            // The next run tries again.
        }
    }
}

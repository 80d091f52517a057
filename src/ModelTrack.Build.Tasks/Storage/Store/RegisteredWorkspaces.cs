using System.Collections.Concurrent;
using System.Text;

namespace ModelTrack.Storage.Store;

/// <summary>The workspaces that use the store, each a small file: the roots of garbage collection.</summary>
internal sealed class RegisteredWorkspaces(StoreContext context)
{
    private const int MostBytes = 64 * 1024;

    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    public void Register(string root)
    {
        var real = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (!_known.TryAdd(real, true)) return;

        var path = context.Layout.Workspace(real);
        if (!File.Exists(path)) context.TryNote(() => context.WriteWhole(path, Encoding.UTF8.GetBytes(real + "\n"), "store.workspace", durable: true));
    }

    public void Forget(string root) => StoreIo.TryDelete(context.Layout.Workspace(root));

    public IReadOnlyList<string> All()
    {
        try
        {
            if (!Directory.Exists(context.Layout.Workspaces)) return [];

            return
            [
                .. new DirectoryInfo(context.Layout.Workspaces).EnumerateFiles()
                    .Where(file => file.Length <= MostBytes)
                    .Select(file => File.ReadAllText(file.FullName).TrimEnd('\n'))
                    .Where(Path.IsPathFullyQualified)
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, context.Layout.Workspaces);
        }
    }
}

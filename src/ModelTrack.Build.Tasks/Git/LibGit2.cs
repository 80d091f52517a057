using System.Runtime.InteropServices;
using System.Runtime.Loader;
using LibGit2Sharp;

namespace ModelTrack.Git;

/// <summary>Finds the native library that LibGit2Sharp calls: the one in the package, else the system's own. Nothing here may be touched before it is needed.</summary>
internal static class LibGit2
{
    // What Debian and Ubuntu, and Fedora, call the versions whose calls used here are those that the binding expects.
    private static readonly string[] s_systemNames = ["libgit2.so.1.7", "libgit2.so.1.6", "libgit2.so.1.5"];

    private static readonly Lazy<string?> s_fault = new(Load);

    /// <summary>Why libgit2 cannot serve here; null when it can.</summary>
    public static string? Fault => s_fault.Value;

    private static string? Load() => FaultOf(() =>
    {
        if (OperatingSystem.IsLinux() && AssemblyLoadContext.GetLoadContext(typeof(Repository).Assembly) is { } context)
        {
            // Asked only when the package has none, and once per function: the handle is kept.
            var handle = new Lazy<nint>(() => s_systemNames.Select(n => NativeLibrary.TryLoad(n, out var found) ? found : 0).FirstOrDefault(h => h != 0));
            context.ResolvingUnmanagedDll += (_, name) => name.StartsWith("git2-", StringComparison.Ordinal) ? handle.Value : 0;
        }

        // Any question loads the library.
        Repository.IsValid(Path.GetTempPath());
    });

    /// <summary>What keeps a library from being used; null when nothing does.</summary>
    internal static string? FaultOf(Action use)
    {
        try
        {
            use();
            return null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException or TypeInitializationException or EntryPointNotFoundException)
        {
            return (exception.InnerException ?? exception).Message;
        }
    }
}

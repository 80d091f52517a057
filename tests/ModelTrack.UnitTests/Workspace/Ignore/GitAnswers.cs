using System.Diagnostics;
using System.Text;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Workspace.Ignore;

/// <summary>What the real Git says of a folder's ignore files.</summary>
internal static class GitAnswers
{
    /// <summary>Which of the paths Git ignores. A path that ends with a slash is a folder; it need not be there.</summary>
    public static HashSet<string> Ignored(string root, IEnumerable<string> paths)
    {
        var start = new ProcessStartInfo("git", ["-c", "core.ignoreCase=false", "check-ignore", "--stdin", "-z", "--no-index"])
        {
            WorkingDirectory = root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = new UTF8Encoding(false),
        };
        start.Environment["GIT_CONFIG_GLOBAL"] = Path.DirectorySeparatorChar == '/' ? "/dev/null" : "NUL";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        foreach (var path in paths) process.StandardInput.Write(path + "\0");
        process.StandardInput.Close();
        var ignored = output.Result.Split('\0', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        process.WaitForExit();
        Assert.IsTrue(process.ExitCode is 0 or 1, $"git check-ignore ended with {process.ExitCode}");
        return ignored;
    }

    /// <summary>The files that `git add` would take, relative to the root.</summary>
    public static HashSet<string> Untracked(string root) =>
        GitSandbox.Run(root, "ls-files", "--others", "--exclude-standard", "-z").Split('\0', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
}

using System.Diagnostics;

namespace ModelTrack.UnitTests.Support;

/// <summary>Runs the real git in a test's folder, untouched by the user's configuration.</summary>
internal static class GitSandbox
{
    public static string Run(string directory, params string[] arguments) => Run(directory, path: null, arguments);

    /// <param name="path">A folder before those of the PATH.</param>
    public static string Run(string directory, string? path, string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GIT_CONFIG_GLOBAL"] = Path.DirectorySeparatorChar == '/' ? "/dev/null" : "NUL";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        if (path is not null) start.Environment["PATH"] = path + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        foreach (var role in (string[])["AUTHOR", "COMMITTER"])
        {
            start.Environment[$"GIT_{role}_NAME"] = "Ada Tester";
            start.Environment[$"GIT_{role}_EMAIL"] = "ada@example.org";
            start.Environment[$"GIT_{role}_DATE"] = "2026-01-02T03:04:05+00:00";
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, $"git {string.Join(' ', arguments)}: {error.Result}");
        return output.Trim();
    }

    public static void Init(string directory) => Run(directory, "init", "-q", "-b", "main");

    public static void CommitAll(string directory, string message)
    {
        Run(directory, "add", "-A");
        Run(directory, "commit", "-q", "-m", message);
    }
}

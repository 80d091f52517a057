using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace ModelTrack.Git;

/// <summary>Runs the git executable: arguments as a list, never a shell, no prompts, no optional locks.</summary>
internal static class GitProcess
{
    private const int Terminate = 15;
    private const int KillNow = 9;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>
    /// What a build started from a Git hook inherits and must not hand on: it would point Git at the hook's repository instead of the folder's,
    /// cut its history, or make pathspecs mean something else.
    /// </summary>
    private static readonly string[] s_inherited =
    [
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE",
        "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
    ];

    /// <param name="ExitCode">Git's own.</param>
    /// <param name="Output">Standard output's bytes.</param>
    /// <param name="Error">Standard error's text, trimmed.</param>
    internal sealed record Result(int ExitCode, byte[] Output, string Error);

    /// <param name="environment">Variables that this run has otherwise than this process.</param>
    /// <param name="asUser">For commands that run the user's hooks: in the user's language, and with ModelTrack's own hooks told that ModelTrack is at it.</param>
    public static async Task<Result> RunAsync(
        string directory, IReadOnlyList<string> arguments, byte[]? input, CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string>? environment = null, bool asUser = false)
    {
        var start = new ProcessStartInfo("git")
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["GIT_OPTIONAL_LOCKS"] = "0";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        if (asUser) start.Environment["MODELTRACK_IN_BUILD"] = "1";
        else start.Environment["LC_ALL"] = "C";
        foreach (var inherited in s_inherited) start.Environment.Remove(inherited);

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Start(start);
        try
        {
            var output = ReadAllAsync(process.StandardOutput.BaseStream, cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await WriteInputAsync(process, input, cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return new Result(process.ExitCode, await output.ConfigureAwait(false), (await error.ConfigureAwait(false)).Trim());
        }
        catch (OperationCanceledException)
        {
            await StopAsync(process).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// On Linux lets Git take its own locks away (`index.lock`), which would stop every later command; kills what does not end by that, and its hooks,
    /// of which nobody knows any more once Git has ended.
    /// </summary>
    private static async Task StopAsync(Process process)
    {
        List<int> below = [];
        if (OperatingSystem.IsLinux())
        {
            AddBelow(process.Id, below);
            using var patience = new CancellationTokenSource(s_patience);
            if (Kill(process.Id, Terminate) == 0) await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        process.Kill(entireProcessTree: true);
        foreach (var id in below) _ = Kill(id, KillNow);
    }

    private static void AddBelow(int process, List<int> found)
    {
        try
        {
            foreach (var thread in Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task")))
            {
                foreach (var child in File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    found.Add(int.Parse(child, CultureInfo.InvariantCulture));
                    AddBelow(found[^1], found);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended.
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw GitErrors.NotInstalled(exception);
        }
    }

    private static async Task WriteInputAsync(Process process, byte[]? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null)
            {
                await process.StandardInput.BaseStream.WriteAsync(input, cancellationToken).ConfigureAwait(false);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // Git ended before it read all: its exit code and its error text say why.
        }
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await stream.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
        return buffer.ToArray();
    }
}

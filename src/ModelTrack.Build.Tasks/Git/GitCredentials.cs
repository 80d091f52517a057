using System.Text;

namespace ModelTrack.Git;

/// <summary>What Git's credential helpers know of a URL. The text of it never shows the password.</summary>
public sealed record GitCredential(string User, string Password)
{
    public override string ToString() => User;
}

/// <summary>
/// Asks Git's credential helpers, as Git itself does for a URL: what they remember, and where a person sits at a console, what that person types.
/// Where nobody does, nothing prompts.
/// </summary>
/// <param name="environment">Variables that Git has otherwise than this process.</param>
public sealed class GitCredentials(bool mayPrompt, IReadOnlyDictionary<string, string>? environment = null)
{
    /// <summary>For this process: a prompt only where there is a console to answer it.</summary>
    public static GitCredentials ForThisProcess() =>
        new(mayPrompt: Environment.UserInteractive && !Console.IsInputRedirected && !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")));

    /// <summary>The user and password for a URL; null when no helper has them and nobody can be asked, or Git is not installed.</summary>
    public async Task<GitCredential?> FillAsync(Uri url, CancellationToken cancellationToken)
    {
        var result = await RunAsync("fill", Describe(url, null), cancellationToken).ConfigureAwait(false);
        if (result is not { ExitCode: 0 }) return null;

        string? user = null, password = null;
        foreach (var line in Encoding.UTF8.GetString(result.Output).Split('\n'))
        {
            if (line.StartsWith("username=", StringComparison.Ordinal)) user = line["username=".Length..].TrimEnd('\r');
            if (line.StartsWith("password=", StringComparison.Ordinal)) password = line["password=".Length..].TrimEnd('\r');
        }

        return string.IsNullOrEmpty(password) ? null : new GitCredential(user ?? "", password);
    }

    /// <summary>Tells the helpers that the server took it, so that they may keep it.</summary>
    public Task ApproveAsync(Uri url, GitCredential credential, CancellationToken cancellationToken) =>
        RunAsync("approve", Describe(url, credential), cancellationToken);

    /// <summary>Tells the helpers that the server refused it, so that they forget it.</summary>
    public Task RejectAsync(Uri url, GitCredential credential, CancellationToken cancellationToken) =>
        RunAsync("reject", Describe(url, credential), cancellationToken);

    private async Task<GitProcess.Result?> RunAsync(string verb, string description, CancellationToken cancellationToken)
    {
        var variables = mayPrompt
            ? new Dictionary<string, string> { ["GIT_TERMINAL_PROMPT"] = "1" }
            : new Dictionary<string, string> { ["GIT_TERMINAL_PROMPT"] = "0", ["GIT_ASKPASS"] = "", ["SSH_ASKPASS"] = "", ["GCM_INTERACTIVE"] = "never" };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) variables[name] = value;
        try
        {
            // Any folder does: a repository's own configuration is not looked at.
            return await GitProcess.RunAsync(
                Path.GetTempPath(), mayPrompt ? ["credential", verb] : ["-c", "core.askPass=", "credential", verb], Encoding.UTF8.GetBytes(description), cancellationToken, variables).ConfigureAwait(false);
        }
        catch (Diagnostics.ModelTrackException)
        {
            return null;
        }
    }

    private static string Describe(Uri url, GitCredential? credential)
    {
        var text = new StringBuilder()
            .Append("protocol=").Append(url.Scheme).Append('\n')
            .Append("host=").Append(url.Authority).Append('\n')
            .Append("path=").Append(url.AbsolutePath.Trim('/')).Append('\n');
        if (credential is not null)
        {
            // A line break would begin a field of its own.
            if (credential.User.Contains('\n', StringComparison.Ordinal) || credential.Password.Contains('\n', StringComparison.Ordinal)) throw new ArgumentException("A credential has a line break.", nameof(credential));
            if (credential.User.Length > 0) text.Append("username=").Append(credential.User).Append('\n');
            text.Append("password=").Append(credential.Password).Append('\n');
        }

        return text.Append('\n').ToString();
    }
}

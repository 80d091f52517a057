using System.Text.RegularExpressions;
using ModelTrack.Diagnostics;

namespace ModelTrack.Git;

/// <summary>A Git command that could not reach, or was not let into, another repository. Its text has no secret.</summary>
internal sealed class GitNetworkException(string detail, bool isRefused) : Exception(detail)
{
    /// <summary>The server wants to know who asks, or does not let that one in; many answer so for a repository that does not exist.</summary>
    public bool IsRefused { get; } = isRefused;
}

/// <summary>
/// Runs git commands that talk to other repositories, with the user's own Git: SSH agent, credential helpers, proxies. For GitHub over HTTPS,
/// GITHUB_TOKEN (with GITHUB_USERNAME) counts first: a helper of the one command reads them from its environment, so that they stand in no URL,
/// argument, file or log. Where nobody sits at a console, nothing waits for an answer.
/// </summary>
/// <param name="variable">This process's environment.</param>
/// <param name="more">What Git gets beside it.</param>
internal sealed partial class GitNetwork(bool mayPrompt, Func<string, string?> variable, IReadOnlyDictionary<string, string>? more = null)
{
    private const string TokenVariable = "GITHUB_TOKEN";

    /// <summary>Answers Git's question for a credential; the names are expanded in Git's own shell.</summary>
    private const string TokenHelper = "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' \"${GITHUB_USERNAME:-x-access-token}\" \"$GITHUB_TOKEN\"; }; f";

    // No helper programs that an address could name (ext::), and nothing that a stalled server could hold up for ever.
    private const string AllowedProtocols = "file:git:http:https:ssh";
    private const int StallSeconds = 60;

    public static GitNetwork ForThisProcess() => new(
        Environment.UserInteractive && !Console.IsInputRedirected && !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")),
        Environment.GetEnvironmentVariable);

    /// <param name="url">Whom the command talks to: decides whose credentials count.</param>
    /// <exception cref="GitNetworkException">With what Git said.</exception>
    public async Task<byte[]> RunAsync(string directory, string url, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var plain = await PlainEnvironmentAsync(directory, cancellationToken).ConfigureAwait(false);
        GitNetworkException? refused = null;
        if (TokenHost(url) is { } host)
        {
            var result = await GitProcess.RunAsync(directory, arguments, null, cancellationToken, WithToken(plain, host)).ConfigureAwait(false);
            if (result.ExitCode == 0) return result.Output;
            refused = Failure(result.Error);
            // What the helpers and the person know may be good where the token is not.
            if (!refused.IsRefused) throw refused;
        }

        var own = await GitProcess.RunAsync(directory, arguments, null, cancellationToken, plain).ConfigureAwait(false);
        if (own.ExitCode == 0) return own.Output;
        var failure = Failure(own.Error);
        throw refused is null ? failure : new GitNetworkException($"with {TokenVariable}: {refused.Message}; without it: {failure.Message}", failure.IsRefused);
    }

    /// <summary>The scheme and host for which the token counts; null for every other address.</summary>
    internal string? TokenHost(string url)
    {
        if (string.IsNullOrEmpty(variable(TokenVariable)) || !Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps) return null;
        var known = uri.Authority.Equals("github.com", StringComparison.OrdinalIgnoreCase)
            || uri.Authority.EndsWith(".ghe.com", StringComparison.OrdinalIgnoreCase)
            || (Uri.TryCreate(variable("GITHUB_SERVER_URL"), UriKind.Absolute, out var server) && server.Scheme == Uri.UriSchemeHttps
                && server.Authority.Equals(uri.Authority, StringComparison.OrdinalIgnoreCase));
        return known ? $"https://{uri.Authority}" : null;
    }

    private async Task<Dictionary<string, string>> PlainEnvironmentAsync(string directory, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string>(more ?? new Dictionary<string, string>())
        {
            ["GIT_TERMINAL_PROMPT"] = mayPrompt ? "1" : "0",
            ["GIT_ALLOW_PROTOCOL"] = Own("GIT_ALLOW_PROTOCOL") ?? AllowedProtocols,
            ["GIT_HTTP_LOW_SPEED_LIMIT"] = Own("GIT_HTTP_LOW_SPEED_LIMIT") ?? "1",
            ["GIT_HTTP_LOW_SPEED_TIME"] = Own("GIT_HTTP_LOW_SPEED_TIME") ?? $"{StallSeconds}",
        };
        if (mayPrompt) return environment;
        environment["GIT_ASKPASS"] = "";
        environment["SSH_ASKPASS"] = "";
        environment["SSH_ASKPASS_REQUIRE"] = "never";
        environment["GCM_INTERACTIVE"] = "never";
        // A program of the user's own (plink) knows no OpenSSH options.
        if (Own("GIT_SSH") is null || Own("GIT_SSH_COMMAND") is not null)
        {
            environment["GIT_SSH_COMMAND"] = $"{await SshCommandAsync(directory, cancellationToken).ConfigureAwait(false)} -oBatchMode=yes -oConnectTimeout={StallSeconds}";
        }

        return environment;
    }

    /// <summary>The variable has the last word over the configuration, so the user's configured command goes into it.</summary>
    private async Task<string> SshCommandAsync(string directory, CancellationToken cancellationToken)
    {
        if (Own("GIT_SSH_COMMAND") is { } own) return own;
        var configured = await GitProcess.RunAsync(directory, ["config", "--get", "core.sshCommand"], null, cancellationToken).ConfigureAwait(false);
        var command = configured.ExitCode == 0 ? System.Text.Encoding.UTF8.GetString(configured.Output).Trim() : "";
        return command.Length > 0 ? command : "ssh";
    }

    private Dictionary<string, string> WithToken(Dictionary<string, string> plain, string host)
    {
        // Behind what the environment configures already. The empty helper takes away those before it: theirs would be asked first.
        var count = int.TryParse(variable("GIT_CONFIG_COUNT"), out var known) && known > 0 ? known : 0;
        var environment = new Dictionary<string, string>(plain)
        {
            [TokenVariable] = Own(TokenVariable)!,
            ["GIT_CONFIG_COUNT"] = $"{count + 2}",
            [$"GIT_CONFIG_KEY_{count}"] = $"credential.{host}.helper",
            [$"GIT_CONFIG_VALUE_{count}"] = "",
            [$"GIT_CONFIG_KEY_{count + 1}"] = $"credential.{host}.helper",
            [$"GIT_CONFIG_VALUE_{count + 1}"] = TokenHelper,
        };
        if (Own("GITHUB_USERNAME") is { } user) environment["GITHUB_USERNAME"] = user;
        return environment;
    }

    private string? Own(string name) => variable(name) is { Length: > 0 } value ? value : null;

    private GitNetworkException Failure(string error)
    {
        var text = ForeignText.WithoutUserInfo(error);
        foreach (var secret in (string[])[TokenVariable, "GITHUB_USERNAME"])
        {
            if (variable(secret) is { Length: > 3 } value) text = text.Replace(value, "***", StringComparison.Ordinal);
        }

        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !line.StartsWith("Please make sure", StringComparison.Ordinal) && !line.StartsWith("and the repository exists", StringComparison.Ordinal));
        return new GitNetworkException(string.Join(' ', lines.TakeLast(4)), Refusal().IsMatch(text));
    }

    [GeneratedRegex("Authentication failed|could not read (Username|Password)|terminal prompts disabled|Permission denied|returned error: 40[13]|[Rr]epository not found|returned error: 404|Access denied", RegexOptions.CultureInvariant)]
    private static partial Regex Refusal();
}

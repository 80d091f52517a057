using System.Diagnostics;
using System.Text;
using ModelTrack.Git;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Git;

/// <summary>Private repositories behind real servers: who is let in by what, what travels, and that nothing waits for an answer or shows a secret.</summary>
[TestClass]
public sealed class GitServerTests : IDisposable
{
    private const string Token = "ghp_TheSecretOfThisTest";

    /// <summary>Long for a loaded machine, and short for a prompt that nobody answers.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("mtgit-").FullName;
    private readonly CancellationTokenSource _cancellation = new(s_limit);

    public void Dispose()
    {
        _cancellation.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>As a build server: no console, the user's own configuration as given.</summary>
    private static GitNetwork Network(params (string Name, string Value)[] variables)
    {
        var set = variables.ToDictionary(v => v.Name, v => v.Value);
        // What Git itself reads beside what ModelTrack does.
        var child = new Dictionary<string, string> { ["GIT_CONFIG_GLOBAL"] = set.GetValueOrDefault("GIT_CONFIG_GLOBAL", "/dev/null") };
        if (set.TryGetValue("GIT_SSL_CAINFO", out var trusted)) child["GIT_SSL_CAINFO"] = trusted;
        return new GitNetwork(mayPrompt: false, name => set.GetValueOrDefault(name), child);
    }

    private static string Run(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        foreach (var role in (string[])["AUTHOR", "COMMITTER"])
        {
            start.Environment[$"GIT_{role}_NAME"] = "Ada";
            start.Environment[$"GIT_{role}_EMAIL"] = "ada@example.org";
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, error.Result);
        return output.Trim();
    }

    /// <summary>A bare repository with three commits, each with its own big file beside the pointer.</summary>
    private (string Path, string Main) Served()
    {
        var work = Path.Combine(_folder, "work");
        Directory.CreateDirectory(work);
        Run(work, "init", "-q", "-b", "main");
        for (var i = 0; i < 3; i++)
        {
            File.WriteAllText(Path.Combine(work, "m.bin.track"), $"pointer {i}");
            File.WriteAllText(Path.Combine(work, $"big{i}"), new string((char)('a' + i), 100_000) + i);
            Run(work, "add", "-A");
            Run(work, "commit", "-qm", $"{i}");
        }

        Run(work, "tag", "-a", "v1", "-m", "v1", "HEAD~1");
        var bare = Path.Combine(_folder, "served.git");
        Run(_folder, "clone", "-q", "--bare", work, bare);
        Run(bare, "config", "uploadpack.allowFilter", "true");
        Run(bare, "config", "uploadpack.allowAnySHA1InWant", "true");
        return (bare, Run(work, "rev-parse", "main"));
    }

    private async Task<GitFetch> FetchPointerAsync(string url, string commit, GitNetwork network)
    {
        var cache = await GitFetch.OpenCacheAsync(Path.Combine(_folder, "cache"), url, sha256: false, network, _cancellation.Token);
        await cache.FetchAsync(commit, alone: true, filter: true, _cancellation.Token);
        Assert.AreEqual("pointer 2", Encoding.UTF8.GetString((await cache.ReadFileAsync(commit, "m.bin.track", _cancellation.Token))!));
        return cache;
    }

    private Task<string?> FindAsync(string url, string? revision, GitNetwork network) => GitFetch.FindAsync(_folder, url, url, revision, network, _cancellation.Token);

    private async Task<GitNetworkException> RefusedAsync(string url, GitNetwork network)
    {
        var exception = await Assert.ThrowsAsync<GitNetworkException>(() => FindAsync(url, "main", network));
        Assert.IsTrue(exception.IsRefused, exception.Message);
        Assert.IsFalse(exception.Message.Contains(Token, StringComparison.Ordinal), exception.Message);
        return exception;
    }

    [TestMethod]
    public async Task Over_https_a_token_lets_in_and_one_commit_comes_without_what_nobody_reads()
    {
        var (_, main) = Served();
        await using var server = await GitHttpServer.StartAsync(_folder, "ada", Token);
        var url = server.Url + "/served.git";
        var trusted = ("GIT_SSL_CAINFO", server.CertificateFile);
        var network = Network(trusted, ("GITHUB_TOKEN", Token), ("GITHUB_USERNAME", "ada"), ("GITHUB_SERVER_URL", server.Url));
        Assert.AreEqual(main, await FindAsync(url, "main", network));
        Assert.AreEqual(main, await FindAsync(url, null, network));
        Assert.AreEqual(Run(Path.Combine(_folder, "work"), "rev-parse", "v1^{commit}"), await FindAsync(url, "v1", network));
        Assert.IsNull(await FindAsync(url, "no-such", network));
        Assert.IsNull(await FindAsync(url, "ma*", network));

        var cache = await FetchPointerAsync(url, main, network);
        Assert.AreEqual("1", Run(cache.Directory, "rev-list", "--count", main));
        Assert.IsTrue(new DirectoryInfo(Path.Combine(cache.Directory, "objects")).EnumerateFiles("*.pack", SearchOption.AllDirectories).Sum(f => f.Length) < 2000, "Big files stay where they are.");
        Assert.IsFalse(File.ReadAllText(Path.Combine(cache.Directory, "config")).Contains(Token, StringComparison.Ordinal));

        // The token is GitHub's: no other host gets it.
        var before = server.LetIn;
        await RefusedAsync(url, Network(trusted, ("GITHUB_TOKEN", Token)));
        Assert.AreEqual(before, server.LetIn);
    }

    [TestMethod]
    public async Task Over_https_a_helper_that_knows_better_is_asked_after_a_bad_token_and_nothing_prompts()
    {
        var (_, main) = Served();
        await using var server = await GitHttpServer.StartAsync(_folder, "ada", "hunter22");
        var url = server.Url + "/served.git";
        var helper = Path.Combine(_folder, "gitconfig");
        File.WriteAllText(helper, "[credential]\nhelper = \"!f() { echo username=ada; echo password=hunter22; }; f\"\n");
        GitNetwork With(string configuration) => Network(
            ("GIT_SSL_CAINFO", server.CertificateFile), ("GIT_CONFIG_GLOBAL", configuration), ("GITHUB_TOKEN", Token), ("GITHUB_SERVER_URL", server.Url));

        Assert.AreEqual(main, await FindAsync(url, "main", With(helper)));
        var refused = await RefusedAsync(url, With("/dev/null"));
        StringAssert.Contains(refused.Message, "with GITHUB_TOKEN", StringComparison.Ordinal);
        await RefusedAsync(url, Network(("GIT_SSL_CAINFO", server.CertificateFile)));
    }

    [TestMethod]
    public async Task Over_ssh_the_user_s_key_lets_in_with_a_token_set_as_well_and_a_stranger_is_refused_at_once()
    {
        var (path, main) = Served();
        await using var server = await GitSshServer.StartAsync(_folder);
        var url = server.UrlOf(path);

        await FetchPointerAsync(url, main, Network(("GIT_SSH_COMMAND", server.Command), ("GITHUB_TOKEN", Token), ("GITHUB_USERNAME", "ada")));
        await RefusedAsync(url, Network(("GIT_SSH_COMMAND", server.StrangersCommand), ("GITHUB_TOKEN", Token)));

        // A host that nobody has met: ssh would ask whether to trust it.
        var unknown = server.Command.Replace("known_hosts", "nobody-known", StringComparison.Ordinal);
        var exception = await Assert.ThrowsAsync<GitNetworkException>(() => FindAsync(url, "main", Network(("GIT_SSH_COMMAND", unknown))));
        StringAssert.Contains(exception.Message, "Host key verification failed", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("https://github.com/o/n", "https://github.com")]
    [DataRow("https://GitHub.com/o/n", "https://github.com")]
    [DataRow("https://acme.ghe.com/o/n", "https://acme.ghe.com")]
    [DataRow("https://git.acme.example:8443/o/n", "https://git.acme.example:8443")]
    [DataRow("http://github.com/o/n", null)]
    [DataRow("https://github.com.evil.example/o/n", null)]
    [DataRow("https://gitlab.com/o/n", null)]
    [DataRow("ssh://git@github.com/o/n", null)]
    [DataRow("git@github.com:o/n", null)]
    public void The_token_is_for_github_over_https_only(string url, string? host)
    {
        Assert.AreEqual(host, Network(("GITHUB_TOKEN", Token), ("GITHUB_SERVER_URL", "https://git.acme.example:8443")).TokenHost(url), ignoreCase: true);
        Assert.IsNull(Network(("GITHUB_SERVER_URL", "https://git.acme.example:8443")).TokenHost(url));
    }
}

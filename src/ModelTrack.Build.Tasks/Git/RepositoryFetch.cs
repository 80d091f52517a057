using System.Text;
using ModelTrack.Diagnostics;

namespace ModelTrack.Git;

/// <summary>A remote of a clone.</summary>
/// <param name="Url">Normalized, without credentials.</param>
public sealed record CloneRemote(string Name, string Url);

/// <summary>
/// Brings every branch and tag of a clone's remotes into a corner of its own (`refs/modeltrack/gc`), whatever the clone itself follows, and takes
/// that corner away when disposed. Nothing that a person sees of the clone changes.
/// </summary>
public sealed class RepositoryFetch(string root) : IAsyncDisposable
{
    private const string Corner = "refs/modeltrack/gc/";

    private bool _hasFetched;

    /// <summary>The clone's remotes, `origin` first.</summary>
    public async Task<IReadOnlyList<CloneRemote>> RemotesAsync(CancellationToken cancellationToken)
    {
        var found = new List<CloneRemote>();
        foreach (var name in Lines(await RunAsync(["remote"], null, cancellationToken).ConfigureAwait(false)))
        {
            var url = await GitProcess.RunAsync(root, ["config", "--get", $"remote.{name}.url"], null, cancellationToken).ConfigureAwait(false);
            if (url.ExitCode == 0) found.Add(new CloneRemote(name, OriginUrl.Normalize(Encoding.UTF8.GetString(url.Output))));
        }

        return [.. found.OrderByDescending(remote => remote.Name == "origin")];
    }

    /// <exception cref="ModelTrackException">Git's own words tell why not.</exception>
    public async Task FetchAsync(CloneRemote remote, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(remote);
        _hasFetched = true;
        await RunAsync(
            [
                "-c", "gc.auto=0", "-c", "maintenance.auto=false", "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--prune", "--force", remote.Name,
                $"+refs/heads/*:{Corner}{remote.Name}/heads/*", $"+refs/tags/*:{Corner}{remote.Name}/tags/*",
            ],
            null,
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_hasFetched) return;
        try
        {
            var refs = Lines(await RunAsync(["for-each-ref", "--format=delete %(refname)", Corner], null, CancellationToken.None).ConfigureAwait(false));
            if (refs.Length > 0) await RunAsync(["update-ref", "--stdin"], Encoding.UTF8.GetBytes(string.Join('\n', refs) + "\n"), CancellationToken.None).ConfigureAwait(false);
        }
        catch (ModelTrackException)
        {
            // They keep content alive until the next run takes them away: no harm.
        }
    }

    private async Task<byte[]> RunAsync(IReadOnlyList<string> arguments, byte[]? input, CancellationToken cancellationToken)
    {
        var result = await GitProcess.RunAsync(root, arguments, input, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw GitErrors.Failed(string.Join(' ', arguments.Where(a => !a.StartsWith('-')).Take(3)), result.ExitCode, result.Error);
    }

    private static string[] Lines(byte[] output) => Encoding.UTF8.GetString(output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

using System.Globalization;
using System.Text;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Git;

/// <summary>A remote of a clone.</summary>
/// <param name="Url">Normalized, without credentials.</param>
public sealed record CloneRemote(string Name, string Url);

/// <summary>
/// Brings every branch and tag of a clone's remotes into a corner of its own (in `refs/modeltrack/gc`), whatever the clone itself follows, and takes
/// that corner away when disposed. Nothing that a person sees of the clone changes.
/// </summary>
public sealed class RepositoryFetch(string root) : IAsyncDisposable
{
    private const string Corners = "refs/modeltrack/gc/";

    private const string DayFormat = "yyyyMMdd";

    private static readonly TimeSpan s_foreignLeftover = TimeSpan.FromDays(7);

    private readonly string _corner = $"{Corners}{ProcessMark.NewName()}/{DateTime.UtcNow.ToString(DayFormat, CultureInfo.InvariantCulture)}/";
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
        if (!_hasFetched) await RemoveAsync(Corners, IsLeftover, cancellationToken).ConfigureAwait(false);
        _hasFetched = true;
        await RunAsync(
            [
                "-c", "gc.auto=0", "-c", "maintenance.auto=false", "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--prune", "--force", remote.Name,
                $"+refs/heads/*:{_corner}{remote.Name}/heads/*", $"+refs/tags/*:{_corner}{remote.Name}/tags/*",
            ],
            null,
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_hasFetched) return;
        await RemoveAsync(_corner, _ => true, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task RemoveAsync(string folder, Func<string, bool> isGarbage, CancellationToken cancellationToken)
    {
        try
        {
            var refs = Lines(await RunAsync(["for-each-ref", "--format=%(refname)", folder], null, cancellationToken).ConfigureAwait(false)).Where(isGarbage).ToList();
            if (refs.Count > 0) await RunAsync(["update-ref", "--stdin"], Encoding.UTF8.GetBytes(string.Concat(refs.Select(r => $"delete {r}\n"))), cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException)
        {
            // They keep content alive until the next run takes them away: no harm.
        }
    }

    /// <summary>Whether a ref is of a run that died: of this machine its process tells, of another its age.</summary>
    private static bool IsLeftover(string reference)
    {
        var parts = reference[Corners.Length..].Split('/');
        if (ProcessMark.Parse(parts[0]) is not { } mark) return true;
        if (mark.IsOfThisHost) return !mark.IsAlive();
        return !DateTime.TryParseExact(parts.ElementAtOrDefault(1), DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var day)
            || DateTime.UtcNow - day > s_foreignLeftover;
    }

    private async Task<byte[]> RunAsync(IReadOnlyList<string> arguments, byte[]? input, CancellationToken cancellationToken)
    {
        var result = await GitProcess.RunAsync(root, arguments, input, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw GitErrors.Failed(string.Join(' ', arguments.Where(a => !a.StartsWith('-')).Take(3)), result.ExitCode, result.Error);
    }

    private static string[] Lines(byte[] output) => Encoding.UTF8.GetString(output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

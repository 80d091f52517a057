using ModelTrack.Diagnostics;

namespace ModelTrack.Operations;

/// <summary>
/// Remotes that did not deliver what a later one then did, told as one warning per remote and reason. A remote that cannot be reached at all is not
/// asked again for each artifact.
/// </summary>
internal sealed class Fallbacks
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RemotePlace, string> _unreachable = [];
    private readonly List<Fallback> _open = [];

    private sealed record Fallback(string Artifact, string Remote, string Why, string Deliverer);

    /// <summary>Why the remote is not worth another attempt now; null when it is.</summary>
    public string? WhyUnreachable(RemotePlace place)
    {
        lock (_lock) return _unreachable.GetValueOrDefault(place);
    }

    public void NoteUnreachable(RemotePlace place, string why)
    {
        lock (_lock) _unreachable.TryAdd(place, why);
    }

    public void Note(string artifact, string remote, string why, string deliverer)
    {
        lock (_lock) _open.Add(new Fallback(artifact, remote, why, deliverer));
    }

    /// <summary>Says what was noted since the last time.</summary>
    public void Say(IOperationLog log)
    {
        List<Fallback> open;
        lock (_lock)
        {
            open = [.. _open];
            _open.Clear();
        }

        foreach (var same in open.Distinct().GroupBy(f => (f.Remote, f.Why, f.Deliverer)))
        {
            log.Warn(OperationErrors.FellBack(same.Key.Remote, HumanText.Names([.. same.Select(f => f.Artifact).Distinct()]), same.Key.Why, same.Key.Deliverer));
        }
    }
}

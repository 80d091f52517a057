using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Store;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Operations;

/// <summary>The remotes of one operation, opened when first needed and shared by its artifacts.</summary>
internal sealed class RemoteSet(OperationOptions options, IOperationLog log) : IAsyncDisposable
{
    private readonly Dictionary<RemotePlace, PackedRemote> _open = [];

    /// <summary>What did not deliver and was stood in for.</summary>
    public Fallbacks Fallbacks { get; } = new();

    /// <summary>Where <paramref name="artifact"/> is pushed to, and what it is judged against; null when no remote is set.</summary>
    public RemotePlace? PlaceOf(TrackedArtifact artifact)
    {
        var text = artifact.Remote ?? options.DefaultRemote;
        return string.IsNullOrWhiteSpace(text) ? null : Resolve(text.Trim());
    }

    /// <summary>Where <paramref name="artifact"/> is looked for, in this order: the places to restore from, then the one that it is pushed to. Empty when no remote is set.</summary>
    public IReadOnlyList<RemotePlace> SourcesOf(TrackedArtifact artifact)
    {
        List<RemotePlace> places = [.. (artifact.RestoreFrom ?? options.RestoreFrom).Select(Resolve)];
        if (PlaceOf(artifact) is { } own) places.Add(own);
        return [.. places.Distinct()];
    }

    /// <summary>A remote by its name, URL or path.</summary>
    public RemotePlace Resolve(string text)
    {
        var named = options.Remotes.FirstOrDefault(r => string.Equals(r.Name, text, StringComparison.OrdinalIgnoreCase));
        if (named is null && IsBareName(text))
        {
            throw OperationErrors.UnknownRemote(text, options.Remotes.Count == 0 ? "none" : string.Join(", ", options.Remotes.Select(r => r.Name)));
        }

        var address = RemoteAddress.Parse(named?.Url ?? text, options.RemoteBaseDirectory ?? options.ProjectDirectory);
        return new RemotePlace(address, named?.Settings ?? RemoteSettings.None);
    }

    public PackedRemote Open(RemotePlace place, LocalStore store)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(place, out var remote))
            {
                remote = new PackedRemote(Wrap(Storage.Remote.Remotes.Open(place.Address, place.Settings)), store, log);
                _open.Add(place, remote);
            }

            return remote;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var remote in _open.Values)
        {
            await remote.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Each request is tried again by itself, and waits for its turn at the limit each time.</summary>
    private RetryTransport Wrap(ITransport driver) => new(new LimitTransport(driver, options.MaxConnections));

    /// <summary>A word without a separator or colon is a name; a folder beside the project is written `./folder`.</summary>
    private static bool IsBareName(string text) => !text.AsSpan().ContainsAny('/', '\\', ':') && text is not ("." or "..");
}

/// <summary>A remote as it is reached.</summary>
internal sealed record RemotePlace(RemoteAddress Address, RemoteSettings Settings)
{
    public override string ToString() => Address.ToString();
}

using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Store;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Operations;

/// <summary>The remotes of one operation, opened when first needed and shared by its artifacts.</summary>
internal sealed class RemoteSet(OperationOptions options, IOperationLog log) : IAsyncDisposable
{
    private readonly Dictionary<RemoteAddress, PackedRemote> _open = [];

    /// <summary>The address that serves <paramref name="artifact"/>; null when no remote is set.</summary>
    public RemoteAddress? AddressOf(TrackedArtifact artifact)
    {
        var text = artifact.Remote ?? options.DefaultRemote;
        return string.IsNullOrWhiteSpace(text) ? null : Resolve(text.Trim());
    }

    public PackedRemote Open(RemoteAddress address, LocalStore store)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(address, out var remote))
            {
                remote = new PackedRemote(Wrap(Storage.Remote.Remotes.Open(address)), store, log);
                _open.Add(address, remote);
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

    private RemoteAddress Resolve(string text)
    {
        var named = options.Remotes.FirstOrDefault(r => string.Equals(r.Name, text, StringComparison.OrdinalIgnoreCase));
        if (named is null && IsBareName(text))
        {
            throw OperationErrors.UnknownRemote(text, options.Remotes.Count == 0 ? "none" : string.Join(", ", options.Remotes.Select(r => r.Name)));
        }

        return RemoteAddress.Parse(named?.Url ?? text, options.RemoteBaseDirectory ?? options.ProjectDirectory);
    }

    /// <summary>A word without a separator or colon is a name; a folder beside the project is written `./folder`.</summary>
    private static bool IsBareName(string text) => !text.AsSpan().ContainsAny('/', '\\', ':') && text is not ("." or "..");
}

using System.Text;
using System.Text.Json;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>`modeltrack.json`: what a writer must know. A reader never needs it, since manifests and packs describe themselves.</summary>
internal sealed class RemoteLayout(RemoteSession session)
{
    private const int MaxSize = 4096;
    private volatile bool _isChecked;

    /// <summary>Sees that the remote has this layout; gives it to one that has none.</summary>
    /// <exception cref="Diagnostics.ModelTrackException">The remote has another.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (_isChecked) return;

        var buffer = new byte[MaxSize];
        var read = await session.Transport.ReadAsync(RemoteKeys.Layout, 0, buffer, null, cancellationToken).ConfigureAwait(false);
        if (read.Status != ReadStatus.Found) session.Store.ForgetRegistrations(session.Identity);
        if (read.Status != ReadStatus.Found && session.Cache.KnowsRemote) session.Log.Warn(StorageErrors.RemoteEmptied(session.Identity));
        if (read.Status != ReadStatus.Found || !IsUnderstood(buffer.AsMemory(0, read.Count)))
        {
            await session.Transport.PutAsync(RemoteKeys.Layout, RemoteKeys.LayoutBytes.ToArray(), onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
        }

        _isChecked = true;
    }

    /// <returns>False when the bytes are no layout at all: a torn write, which is written anew.</returns>
    private bool IsUnderstood(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span.SequenceEqual(RemoteKeys.LayoutBytes)) return true;

        try
        {
            if (bytes.Length == MaxSize) throw StorageErrors.LayoutUnknown(session.Identity, "more than a layout has to say");
            using var json = JsonDocument.Parse(bytes);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("modeltrack-remote", out var version)) return false;

            var isOurs = version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out var number) && number == 1
                && json.RootElement.TryGetProperty("chunker", out var chunker) && chunker.ValueKind == JsonValueKind.String && chunker.ValueEquals("mt1"u8);
            return isOurs ? true : throw StorageErrors.LayoutUnknown(session.Identity, Encoding.UTF8.GetString(bytes.Span).Trim());
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

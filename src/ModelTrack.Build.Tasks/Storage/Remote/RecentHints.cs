using System.Text;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// What was lately pushed under a pointer's path, by anyone, on any branch: where a push from a fresh clone looks for bases. A wrong or
/// missing hint is harmless, and so nothing here fails a push.
/// </summary>
internal sealed class RecentHints(RemoteSession session)
{
    public const int Max = 8;

    private const int LineLength = Sha256Hash.HexLength + 1;

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<Sha256Hash>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var buffer = new byte[LineLength * Max];
        ReadResult read;
        try
        {
            read = await session.Transport.ReadAsync(RemoteKeys.Recent(path), 0, buffer, null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfTransport(e))
        {
            session.Log.Detail($"The hint for '{path}' was not read: {e.Message}");
            return [];
        }

        if (read.Status != ReadStatus.Found) return [];

        var hints = new List<Sha256Hash>(Max);
        foreach (var line in Encoding.Latin1.GetString(buffer, 0, read.Count).Split('\n'))
        {
            if (Sha256Hash.TryParse(line, out var hash) && !hints.Contains(hash)) hints.Add(hash);
        }

        return hints;
    }

    public async Task WriteAsync(string path, Sha256Hash pushed, IReadOnlyList<Sha256Hash> before, CancellationToken cancellationToken)
    {
        if (before.Count > 0 && before[0] == pushed) return;

        var lines = before.Where(hash => hash != pushed).Prepend(pushed).Take(Max).Select(hash => $"{hash}\n");
        try
        {
            await session.Transport.PutAsync(RemoteKeys.Recent(path), Encoding.ASCII.GetBytes(string.Concat(lines)), onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfTransport(e))
        {
            session.Log.Detail($"The hint for '{path}' was not written: {e.Message}");
        }
    }

    private static bool IsOfTransport(Exception e) => e is TransportException || (e is ModelTrackException coded && StorageErrors.IsOfTransport(coded));
}

using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>Reads files whose stat does not vouch for them: the fast hash first where one is known, SHA-256 where that differs.</summary>
internal sealed class ContentReader(ScanOptions options, CancellationToken cancellationToken)
{
    private const int Attempts = 2;
    private long _bytesRead;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <param name="stat">As the walk saw it.</param>
    /// <param name="known">What was known of the file; null for nothing.</param>
    public async Task<ObservedFile> ReadAsync(string path, FileStat stat, ObservedFile? known)
    {
        for (var attempt = 1; ; attempt++)
        {
            var began = FileTime.NowNs();
            try
            {
                // Looked at again, since the walk may have been some time ago.
                if (FileStat.TryGet(path, out var before) && before.Kind == FileKind.File)
                {
                    var observed = await ReadOnceAsync(path, before, known, began).ConfigureAwait(false);
                    if (FileStat.TryGet(path, out var after) && after == before) return observed;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (attempt == Attempts || e is not FileNotFoundException) throw WorkspaceErrors.NotReadable(e, path);
            }

            if (attempt == Attempts) throw WorkspaceErrors.ChangesWhileRead(path);
        }
    }

    private async Task<ObservedFile> ReadOnceAsync(string path, FileStat stat, ObservedFile? known, long began)
    {
        if (known is { } before && before.Stat.Size == stat.Size && !options.HashEverything)
        {
            using var handle = Open(path);
            var xxh = await ContentHasher.Xxh128OfFileAsync(handle, options.Progress, cancellationToken).ConfigureAwait(false);
            Interlocked.Add(ref _bytesRead, stat.Size);
            if (xxh == before.Xxh128) return before with { Stat = stat, ObservedAtNs = began };
        }

        var digest = await DigestAsync(path, stat).ConfigureAwait(false);
        Interlocked.Add(ref _bytesRead, digest.Id.Size);
        return new ObservedFile(stat, digest.Id.Sha256, digest.Xxh128, began);
    }

    private async Task<ContentDigest> DigestAsync(string path, FileStat stat)
    {
        if (options.Read is { } read) return await read(path, stat, cancellationToken).ConfigureAwait(false);
        using var source = Open(path);
        return await ContentHasher.HashAsync(source, new HashOptions(Cut: false), null, options.Progress, cancellationToken).ConfigureAwait(false);
    }

    private static SafeFileHandle Open(string path) => File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
}

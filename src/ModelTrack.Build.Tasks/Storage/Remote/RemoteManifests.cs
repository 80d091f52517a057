using System.Buffers;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>A manifest as the remote has it.</summary>
/// <param name="PacksSeen">When this machine last saw all its packs there; null for never.</param>
internal sealed record RemoteManifest(Sha256Hash Artifact, ManifestRoot Root, ReadOnlyMemory<byte> RootBytes, string? ETag, DateTimeOffset? PacksSeen)
{
    /// <summary>By the remote's own clock, or earlier; null where it is not known.</summary>
    public DateTimeOffset? Written { get; init; }

    public string Key => RemoteKeys.Manifest(Artifact);
}

/// <param name="Manifest">Null when there is none, or none that is whole.</param>
/// <param name="IsTorn">There is an object, and it is no whole manifest of that artifact.</param>
/// <param name="Fault">What is wrong with one that ends with its own hash and still says what cannot be.</param>
internal readonly record struct ManifestLook(RemoteManifest? Manifest, bool IsTorn, ModelTrackException? Fault = null);

/// <summary>Reads manifests, asking the remote each time whether what the store kept is still so.</summary>
internal sealed class RemoteManifests(RemoteSession session)
{
    /// <summary>What most roots fit in: that of a 5 GB file has some 40 KiB.</summary>
    private const int FirstRead = 256 * 1024;

    /// <summary>What there is; wrong bytes are asked for once more, without any condition, since they may have been wrong on the way only.</summary>
    /// <param name="trustCache">False reads the manifest anew.</param>
    /// <exception cref="ModelTrackException">It is whole, but of a version that this one cannot read.</exception>
    public async Task<ManifestLook> LookAsync(Sha256Hash artifact, bool trustCache, CancellationToken cancellationToken)
    {
        if (!trustCache) session.Cache.Drop(artifact);
        var cached = trustCache ? session.Cache.Load(artifact) : null;
        if (cached is not null && !IsOf(artifact, cached.Root)) cached = null;

        var look = await LookOnceAsync(artifact, cached, cancellationToken).ConfigureAwait(false);
        return look.IsTorn ? await LookOnceAsync(artifact, null, cancellationToken).ConfigureAwait(false) : look;
    }

    /// <summary>The manifest, or null when it is absent; a damaged one is a coded error.</summary>
    public async Task<RemoteManifest?> FindAsync(Sha256Hash artifact, bool trustCache, CancellationToken cancellationToken)
    {
        var look = await LookAsync(artifact, trustCache, cancellationToken).ConfigureAwait(false);
        return look.IsTorn
            ? throw look.Fault ?? StorageErrors.ManifestDamaged(session.Identity, artifact, RemoteKeys.Manifest(artifact), "it is cut off or has wrong bytes")
            : look.Manifest;
    }

    /// <summary>The chunks of the artifact, from the root, the store or the remote's packs.</summary>
    /// <exception cref="ModelTrackException">The body's pieces are not what the root says, or not to be had.</exception>
    public async Task<ManifestBody> ReadBodyAsync(RemoteManifest manifest, CancellationToken cancellationToken)
    {
        var pieces = manifest.Root.Pieces;
        if (pieces.Count == 0) return ManifestReader.ParseBody(manifest.Root, [], manifest.Key);

        var total = pieces.Sum(piece => (long)piece.Length);
        if (session.Cache.Load(manifest.Artifact) is { } cached
            && cached.Body.Length == total
            && cached.Root.Span.SequenceEqual(manifest.RootBytes.Span)
            && TryParse(manifest, Split(cached.Body, pieces)) is { } kept)
        {
            return kept;
        }

        // Only what arrived is in memory, whatever the root claims.
        var parts = new ReadOnlyMemory<byte>[pieces.Count];
        var problems = await new ChunkReads(session).RunAsync(
            pieces,
            [.. Enumerable.Range(0, pieces.Count)],
            verify: true,
            (index, bytes, _) =>
            {
                parts[index] = bytes.ToArray();
                return ValueTask.CompletedTask;
            },
            cancellationToken).ConfigureAwait(false);
        if (problems.Count > 0) throw StorageErrors.RemoteContentDamaged(session.Identity, manifest.Artifact, problems[0].Key, problems[0].Text);

        var body = ManifestReader.ParseBody(manifest.Root, parts, manifest.Key);
        Keep(manifest, Join(parts));
        return body;
    }

    /// <summary>What the store kept of a manifest that the remote lost; null when that is nothing.</summary>
    public static RemoteManifest? Restore(Sha256Hash artifact, CachedManifest? kept) => kept is not null && IsOf(artifact, kept.Root)
        ? new RemoteManifest(artifact, ManifestReader.ParseRoot(kept.Root, RemoteKeys.Manifest(artifact)), kept.Root, null, null)
        : null;

    /// <summary>Remembers a manifest that the remote was seen to have.</summary>
    public void Keep(RemoteManifest manifest, ReadOnlyMemory<byte> body) =>
        session.Cache.Save(manifest.Artifact, new CachedManifest(manifest.ETag, manifest.Written, manifest.PacksSeen, manifest.RootBytes, body));

    /// <summary>Remembers that all packs of a manifest were there just now.</summary>
    public void NotePacksSeen(RemoteManifest manifest) => Trust(manifest with { PacksSeen = session.Time.GetUtcNow() });

    /// <summary>Remembers a manifest, and for a while that its packs were there when it says they were.</summary>
    public void Trust(RemoteManifest manifest) =>
        Keep(manifest, session.Cache.Load(manifest.Artifact) is { } cached && cached.Root.Span.SequenceEqual(manifest.RootBytes.Span) ? cached.Body : default);

    /// <summary>Writes an old manifest anew, so that its time begins again. The caller has seen its packs, and may <see cref="Trust"/> it once it stands.</summary>
    public async Task<RemoteManifest> RenewAsync(RemoteManifest manifest, CancellationToken cancellationToken)
    {
        await session.Transport.PutAsync(manifest.Key, manifest.RootBytes, onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
        var renewed = manifest with { ETag = null, Written = null, PacksSeen = null };
        Trust(renewed);
        return renewed with { PacksSeen = session.Time.GetUtcNow() };
    }

    public static ReadOnlyMemory<byte> Join(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        var all = new byte[parts.Sum(part => part.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.Span.CopyTo(all.AsSpan(at));
            at += part.Length;
        }

        return all;
    }

    private async Task<ManifestLook> LookOnceAsync(Sha256Hash artifact, CachedManifest? cached, CancellationToken cancellationToken)
    {
        var key = RemoteKeys.Manifest(artifact);
        var (read, bytes) = await ReadAsync(key, cached?.ETag, cancellationToken).ConfigureAwait(false);
        switch (read.Status)
        {
            case ReadStatus.NotModified:
                return new ManifestLook(new RemoteManifest(artifact, Parse(cached!.Root, key), cached.Root, cached.ETag, cached.PacksSeen) { Written = cached.Written }, false);
            case ReadStatus.Absent:
                return default;
        }

        // What the store kept of a manifest that the remote lost stays: it may heal it.
        if (!ManifestReader.IsWhole(bytes.Span)) return new ManifestLook(null, IsTorn: true);

        ManifestRoot root;
        try
        {
            root = Parse(bytes, key);
        }
        catch (ModelTrackException e) when (StorageErrors.IsManifestDamage(e))
        {
            return new ManifestLook(null, IsTorn: true, e);
        }

        if (root.Info.Artifact != artifact) return new ManifestLook(null, IsTorn: true);

        var isAsCached = cached is not null && cached.Root.Span.SequenceEqual(bytes.Span);
        var manifest = new RemoteManifest(artifact, root, bytes, read.Head!.ETag, isAsCached ? cached!.PacksSeen : null) { Written = read.Head.LastModified };
        if (!isAsCached || cached!.ETag != manifest.ETag) Keep(manifest, isAsCached ? cached!.Body : default);
        return new ManifestLook(manifest, false);
    }

    private async Task<(ReadResult Read, ReadOnlyMemory<byte> Bytes)> ReadAsync(string key, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstRead);
        try
        {
            var start = session.Time.GetTimestamp();
            var read = await session.Transport.ReadAsync(key, 0, buffer.AsMemory(0, FirstRead), ifNoneMatch, cancellationToken).ConfigureAwait(false);
            session.Meter.Note(read.Count, session.Time.GetElapsedTime(start));
            if (read.Status != ReadStatus.Found || read.Count < FirstRead) return (read, buffer.AsSpan(0, read.Count).ToArray());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        // Longer than the longest root is no root; one byte more than that tells.
        var head = await session.Transport.HeadAsync(key, cancellationToken).ConfigureAwait(false);
        if (head is null) return (ReadResult.Absent, default);

        var whole = new byte[Math.Min(head.Size, ManifestFormat.MaxRootSize) + 1];
        var again = await session.Transport.ReadAsync(key, 0, whole, null, cancellationToken).ConfigureAwait(false);
        return (again, whole.AsMemory(0, again.Count));
    }

    private ManifestBody? TryParse(RemoteManifest manifest, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        try
        {
            return ManifestReader.ParseBody(manifest.Root, pieces, manifest.Key);
        }
        catch (ModelTrackException)
        {
            session.Cache.Drop(manifest.Artifact);
            return null;
        }
    }

    private static bool IsOf(Sha256Hash artifact, ReadOnlyMemory<byte> root)
    {
        try
        {
            return ManifestReader.IsWhole(root.Span) && ManifestReader.ParseRoot(root, "cache").Info.Artifact == artifact;
        }
        catch (ModelTrackException)
        {
            return false;
        }
    }

    private static ManifestRoot Parse(ReadOnlyMemory<byte> bytes, string key) => ManifestReader.ParseRoot(bytes, key);

    private static ReadOnlyMemory<byte>[] Split(ReadOnlyMemory<byte> body, IReadOnlyList<ChunkLocation> pieces)
    {
        var parts = new ReadOnlyMemory<byte>[pieces.Count];
        var at = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = body.Slice(at, pieces[i].Length);
            at += pieces[i].Length;
        }

        return parts;
    }
}

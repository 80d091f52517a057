using ModelTrack.Content;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Store;

/// <summary>Puts small contents in packs. Every method may be called from several threads; add in the listing's order for packs that read well.</summary>
public sealed class SmallContentWriter : IDisposable
{
    private readonly PackFiles _files;
    private readonly PackIndex _index;
    private readonly Lock _lock = new();
    private readonly HashSet<Sha256Hash> _added = [];
    private readonly HashSet<Sha256Hash> _kept = [];
    private readonly List<(PackEntry Pack, IReadOnlyList<ChunkLocation> Chunks)> _written = [];
    private PackWriter? _writer;

    internal SmallContentWriter(PackFiles files, PackIndex index)
    {
        _files = files;
        _index = index;
    }

    /// <summary>Adds a content unless the store has it. It is readable after <see cref="CompleteAsync"/>.</summary>
    /// <param name="content">Shorter than <see cref="LocalStore.SmallLimit"/>; not used after the call returns.</param>
    public ContentId Add(ReadOnlyMemory<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(content.Length, LocalStore.SmallLimit);
        var id = new ContentId(Sha256Hash.Of(content.Span), content.Length);
        if (id.Size == 0) return id;

        if (TryKeep(id)) return id;
        lock (_lock)
        {
            if (_added.Add(id.Sha256)) Append(id.Sha256, content.Span);
        }

        return id;
    }

    /// <summary>Whether a pack has the content; the next flush then makes that durable too, since what this save relies on must last as long as what it writes.</summary>
    public bool TryKeep(ContentId id)
    {
        if (id == ContentId.Empty) return true;
        if (_index.FindKnown(id.Sha256) is not { } location || location.Length != id.Size) return false;
        lock (_lock)
        {
            if (_kept.Add(location.Pack)) _files.Keep(location.Pack, isSaved: true);
        }

        return true;
    }

    /// <summary>Writes what is left, packs first, then their index. Without it, packs already written stay and the rest is dropped.</summary>
    public Task CompleteAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            WritePack();
            _index.Add([.. _written]);
            _written.Clear();
        }

        return Task.CompletedTask;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _writer?.Dispose();
            _writer = null;
        }
    }

    private void Append(Sha256Hash hash, ReadOnlySpan<byte> content)
    {
        _writer ??= new PackWriter();
        if (_writer.TryAdd(hash, content)) return;

        WritePack();
        _writer = new PackWriter();
        if (!_writer.TryAdd(hash, content)) throw new InvalidOperationException("A small content does not fit into an empty pack.");
    }

    private void WritePack()
    {
        if (_writer is not { ChunkCount: > 0 } writer) return;

        _writer = null;
        using (writer)
        {
            var pack = writer.Finish();
            _files.Write(pack.Id, pack.Bytes.Span, isSaved: true);
            _written.Add((pack.Entry, pack.Chunks));
        }
    }
}

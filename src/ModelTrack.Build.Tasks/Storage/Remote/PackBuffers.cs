using System.Buffers;
using System.Collections.Concurrent;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// Buffers as large as a pack, used again and again: as garbage they would pile up to gigabytes before they are collected. There are never
/// more of them than packs in memory at once.
/// </summary>
internal sealed class PackBuffers
{
    private const int Small = 1024 * 1024;

    private readonly ConcurrentBag<byte[]> _free = [];

    public Rental Rent(int size)
    {
        if (size <= Small) return new Rental(null, ArrayPool<byte>.Shared.Rent(size));
        return new Rental(this, _free.TryTake(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(PackFormat.MaxSize));
    }

    /// <summary>A buffer on loan; disposed once, by whoever holds it last.</summary>
    public sealed class Rental(PackBuffers? owner, byte[] buffer) : IDisposable
    {
        private byte[]? _buffer = buffer;

        public byte[] Array => _buffer ?? throw new ObjectDisposedException(nameof(Rental));

        public void Dispose()
        {
            var returned = Interlocked.Exchange(ref _buffer, null);
            if (returned is null) return;
            if (owner is null) ArrayPool<byte>.Shared.Return(returned);
            else owner._free.Add(returned);
        }
    }
}

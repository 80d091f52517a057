using System.Net;
using System.Net.Http.Headers;

namespace ModelTrack.Storage.Transports.Http;

/// <summary>A body from memory, sent in slices so that its progress shows.</summary>
internal sealed class MemoryBody : HttpContent
{
    private const int Slice = 64 * 1024;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly StallGuard _guard;

    public MemoryBody(ReadOnlyMemory<byte> bytes, StallGuard guard)
    {
        _bytes = bytes;
        _guard = guard;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        Headers.ContentLength = bytes.Length;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (var offset = 0; offset < _bytes.Length; offset += Slice)
        {
            await stream.WriteAsync(_bytes.Slice(offset, Math.Min(Slice, _bytes.Length - offset)), cancellationToken).ConfigureAwait(false);
            _guard.Moved();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }
}

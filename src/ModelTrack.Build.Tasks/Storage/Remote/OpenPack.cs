using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Remote;

/// <summary>A pack that is being written, in a buffer on loan. What it finishes is good until it is disposed.</summary>
internal sealed class OpenPack : IDisposable
{
    private const int RoomForTrailer = 256 * 1024;

    private readonly PackBuffers.Rental _buffer;

    /// <param name="expected">Raw bytes that are to come; more is no harm.</param>
    public OpenPack(PackBuffers buffers, int expected)
    {
        _buffer = buffers.Rent(Math.Min(expected + RoomForTrailer, PackFormat.MaxSize));
        Writer = new PackWriter(PackFormat.MaxSize, _buffer.Array);
    }

    public PackWriter Writer { get; }

    public void Dispose()
    {
        Writer.Dispose();
        _buffer.Dispose();
    }
}

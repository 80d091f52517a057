namespace ModelTrack.Diagnostics;

/// <summary>Counts bytes of long work. Written by many threads, read by whoever shows it.</summary>
public sealed class TransferProgress
{
    private long _total;
    private long _done;

    /// <summary>Bytes that the work is known to need so far.</summary>
    public long Total => Interlocked.Read(ref _total);

    public long Done => Interlocked.Read(ref _done);

    public void Expect(long bytes) => Interlocked.Add(ref _total, bytes);

    public void Advance(long bytes) => Interlocked.Add(ref _done, bytes);
}

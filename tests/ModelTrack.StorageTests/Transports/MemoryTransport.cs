using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Transports;

/// <summary>A remote in memory, whose objects a test can look at and spoil.</summary>
internal sealed class MemoryTransport : ITransport
{
    private long _version;

    public ConcurrentDictionary<string, StoredObject> Objects { get; } = new(StringComparer.Ordinal);

    public TransportTraits Traits { get; init; } = new("memory://test", ConditionalPut: true, RangeReads: true, CanList: true, MaxConnections: 8);

    /// <summary>The remote's own clock; without one, each write is a second after the one before.</summary>
    public Func<DateTimeOffset>? Clock { get; set; }

    public ValueTask PrepareAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public async ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
        return Objects.TryGetValue(key, out var found) ? found.Head : null;
    }

    public async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        TransportKeys.CheckRead(offset);
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
        if (!Objects.TryGetValue(key, out var found)) return ReadResult.Absent;
        if (ifNoneMatch is not null && ifNoneMatch == found.Head.ETag) return new ReadResult(ReadStatus.NotModified, 0, null);

        var rest = found.Bytes.AsMemory((int)Math.Min(offset, found.Bytes.Length));
        var count = Math.Min(rest.Length, destination.Length);
        rest[..count].CopyTo(destination);
        return new ReadResult(ReadStatus.Found, count, found.Head);
    }

    public async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
        var stored = NewObject(content.ToArray());
        if (onlyIfAbsent && Traits.ConditionalPut) return Objects.TryAdd(key, stored);
        Objects[key] = stored;
        return true;
    }

    public async IAsyncEnumerable<ObjectListing> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TransportKeys.CheckPrefix(prefix);
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
        foreach (var (key, stored) in Objects)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal)) yield return new ObjectListing(key, stored.Bytes.Length, stored.Head.LastModified);
        }
    }

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
        Objects.TryRemove(key, out _);
    }

    /// <summary>Changes an object behind everyone's back, as a failing disk or a careless hand would.</summary>
    public void Spoil(string key, Func<byte[], byte[]> change) => Objects[key] = NewObject(change([.. Objects[key].Bytes]));

    public IReadOnlyList<string> Keys(string prefix) => [.. Objects.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private StoredObject NewObject(byte[] bytes)
    {
        var tag = Interlocked.Increment(ref _version).ToString(CultureInfo.InvariantCulture);
        return new StoredObject(bytes, new ObjectHead(bytes.Length, tag, Clock?.Invoke() ?? DateTimeOffset.UnixEpoch.AddSeconds(_version)));
    }

    internal sealed record StoredObject(byte[] Bytes, ObjectHead Head);
}

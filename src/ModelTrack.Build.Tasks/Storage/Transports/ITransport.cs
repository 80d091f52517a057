namespace ModelTrack.Storage.Transports;

/// <summary>
/// Keys and bytes at a remote. Keys are relative, `/`-separated, of `[a-z0-9._-]`. Objects are small enough
/// for memory (packs are at most 16 MiB). Every method may be called from several threads at once; each either does
/// what it says or throws: a <see cref="TransportException"/> for what the remote or the way to it did, a
/// <see cref="Diagnostics.ModelTrackException"/> where the cause has a code and only the user can mend it,
/// <see cref="OperationCanceledException"/> when cancelled. Drivers do not retry; a wrapper does.
/// </summary>
public interface ITransport : IAsyncDisposable
{
    TransportTraits Traits { get; }

    /// <summary>Makes the remote's own place (a folder) when it is not there. Asked for only when nothing is known to have been there before.</summary>
    ValueTask PrepareAsync(CancellationToken cancellationToken);

    /// <summary>The object's size and tag as the remote knows them now; null when it is absent.</summary>
    ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Reads from <paramref name="offset"/> until <paramref name="destination"/> is full or the object ends: short only at the end;
    /// an offset at or past the end reads nothing. With <paramref name="ifNoneMatch"/> equal to the present tag nothing is read.
    /// </summary>
    ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken);

    /// <summary>From now on reads are not answered by caches on the way: one gave a wrong object, or told of none. Nothing where there are no caches.</summary>
    void DistrustCaches()
    {
    }

    /// <summary>
    /// Stores the whole object, replacing one that is there; no reader ever sees a part of it.
    /// With <paramref name="onlyIfAbsent"/> and <see cref="TransportTraits.ConditionalPut"/> an object that is there stays and false is returned;
    /// without that trait the flag is ignored. When it returns, the object is durable.
    /// </summary>
    ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken);

    /// <summary>Every object whose key starts with <paramref name="prefix"/>, in no promised order.</summary>
    IAsyncEnumerable<ObjectListing> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Removes the object; an absent one is no error.</summary>
    ValueTask DeleteAsync(string key, CancellationToken cancellationToken);
}

/// <summary>What differs between transports, as data.</summary>
/// <param name="Name">The remote for a person: its URL or path, never with credentials.</param>
/// <param name="ConditionalPut">Whether `onlyIfAbsent` is honoured.</param>
/// <param name="RangeReads">Whether a read in the middle of an object costs only that range.</param>
/// <param name="CanList">Whether listing is offered.</param>
/// <param name="MaxConnections">How many requests at once serve it well.</param>
public sealed record TransportTraits(string Name, bool ConditionalPut, bool RangeReads, bool CanList, int MaxConnections)
{
    /// <summary>Whether it has answered for an object in a way that means absent or forbidden; it is reported as absent.</summary>
    public bool HidesAbsence { get; init; }
}

/// <param name="ETag">Changes when the object's bytes change; null where the remote has none.</param>
/// <param name="LastModified">By the remote's own clock; null where unknown.</param>
public sealed record ObjectHead(long Size, string? ETag, DateTimeOffset? LastModified);

public sealed record ObjectListing(string Key, long Size, DateTimeOffset? LastModified);

public enum ReadStatus
{
    Found,
    Absent,
    NotModified,
}

/// <param name="Count">Bytes written to the destination.</param>
/// <param name="Head">Of the whole object; null unless found.</param>
public readonly record struct ReadResult(ReadStatus Status, int Count, ObjectHead? Head)
{
    public static ReadResult Absent { get; } = new(ReadStatus.Absent, 0, null);
}

/// <summary>A request that did not do its work.</summary>
/// <param name="transient">Whether the same request may well succeed a moment later.</param>
public sealed class TransportException(string message, bool transient, Exception? inner = null) : Exception(message, inner)
{
    public bool IsTransient { get; } = transient;

    /// <summary>How long the remote asked to be left alone; null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the remote says that it gets more than it can serve: fewer requests at once would help.</summary>
    public bool IsOverload { get; init; }
}

using System.Collections.Concurrent;

namespace ModelTrack.TestServers;

/// <summary>A server on loopback that keeps objects in memory, counts what comes and goes, and fails when asked.</summary>
public interface IFaultyServer : IAsyncDisposable
{
    /// <summary>By the keys of the server's own: for S3 with the bucket and the prefix before them.</summary>
    ConcurrentDictionary<string, StoredObject> Objects { get; }

    ConcurrentQueue<SeenRequest> Seen { get; }

    FaultScript Faults { get; }

    /// <summary>How far its clock is from this machine's, from now on.</summary>
    TimeSpan Clock { get; set; }

    /// <summary>Bytes of bodies that came, whole or not.</summary>
    long BytesReceived { get; }

    /// <summary>Bytes of bodies that went out.</summary>
    long BytesSent { get; }

    /// <summary>Counts from nothing again.</summary>
    void Forget();

    int Requests(string? method = null, string area = "") =>
        Seen.Count(request => (method is null || request.Method == method) && request.Key.StartsWith(area, StringComparison.Ordinal));

    IReadOnlyList<string> Keys(string prefix) => [.. Objects.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}

namespace ModelTrack.Storage.Transports;

/// <summary>Ends a request on whose connection nothing has moved for a while: its token is cancelled then, or when the caller's is.</summary>
internal sealed class StallGuard : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _caller;
    private readonly TimeSpan _patience;

    /// <param name="patience">How long nothing may move.</param>
    public StallGuard(TimeSpan patience, CancellationToken caller)
    {
        _patience = patience;
        _caller = caller;
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        _source.CancelAfter(patience);
    }

    public CancellationToken Token => _source.Token;

    public TimeSpan Patience => _patience;

    /// <summary>Whether it was the silence that ended the request, not the caller.</summary>
    public bool HasStalled => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Something moved: the wait begins anew.</summary>
    public void Moved() => _source.CancelAfter(_patience);

    public void Dispose() => _source.Dispose();
}

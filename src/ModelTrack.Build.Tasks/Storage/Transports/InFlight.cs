namespace ModelTrack.Storage.Transports;

/// <summary>A semaphore that counts two things at once: how many, and how large.</summary>
internal sealed class InFlight(int maxCount, long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private int _maxCount = maxCount;
    private int _count;
    private long _bytes;

    /// <summary>Whether somebody waits for room.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock) return _waiting.Count > 0;
        }
    }

    /// <summary>Who is in stays in; the next come in as the new limit allows.</summary>
    public void SetMaxCount(int count)
    {
        lock (_lock)
        {
            _maxCount = count;
            Admit();
        }
    }

    /// <summary>Waits for room; whoever came first goes first. Disposing the turn gives the room back.</summary>
    public async ValueTask<Turn> EnterAsync(long bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_lock)
        {
            if (_waiting.Count == 0 && TryTake(bytes)) return new Turn(this, bytes);
            waiter = new Waiter(bytes);
            _waiting.AddLast(waiter);
        }

        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((Waiter)state!).Ready.TrySetCanceled(token), waiter);
        try
        {
            await waiter.Ready.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // A large one that gives up may have been all that held smaller ones back.
            lock (_lock)
            {
                _waiting.Remove(waiter);
                Admit();
            }

            throw;
        }

        return new Turn(this, bytes);
    }

    private bool TryTake(long bytes)
    {
        if (_count > 0 && (_count >= _maxCount || _bytes + bytes > maxBytes)) return false;

        _count++;
        _bytes += bytes;
        return true;
    }

    private void Admit()
    {
        while (_waiting.First is { Value: var waiter } && TryTake(waiter.Bytes))
        {
            _waiting.RemoveFirst();
            if (!waiter.Ready.TrySetResult())
            {
                _count--;
                _bytes -= waiter.Bytes;
            }
        }
    }

    private void Leave(long bytes)
    {
        lock (_lock)
        {
            _count--;
            _bytes -= bytes;
            Admit();
        }
    }

    public readonly struct Turn(InFlight owner, long bytes) : IDisposable
    {
        public void Dispose() => owner.Leave(bytes);
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes { get; } = bytes;

        public TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

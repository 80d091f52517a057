using System.Diagnostics.CodeAnalysis;

namespace ModelTrack.Workspace;

/// <summary>
/// Work that makes more work, done by the caller and as many helpers as pay. Helpers start with the second piece, so that small work stays on one thread.
/// </summary>
internal sealed class WorkQueue<T>(Action<T> work, Action<T> abandon, int workers, CancellationToken cancellationToken)
{
    private readonly Stack<T> _waiting = new();
    private readonly List<Task> _helpers = [];
    private int _unfinished;
    private Exception? _failure;

    public void Add(T item)
    {
        lock (_waiting)
        {
            _waiting.Push(item);
            if (_unfinished++ > 0 && _helpers.Count < workers - 1 && _failure is null) _helpers.Add(Task.Run(Work, CancellationToken.None));
            Monitor.Pulse(_waiting);
        }
    }

    /// <summary>Until all that was added, also meanwhile, is done. The first failure is thrown and ends the rest.</summary>
    public async Task RunAsync()
    {
        Work();
        Task[] helpers;
        lock (_waiting) helpers = [.. _helpers];
        await Task.WhenAll(helpers).ConfigureAwait(false);
        while (_waiting.TryPop(out var item)) abandon(item);
        cancellationToken.ThrowIfCancellationRequested();
        if (_failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Thrown again by RunAsync.")]
    private void Work()
    {
        while (TryTake(out var item))
        {
            try
            {
                work(item);
            }
            catch (Exception e)
            {
                lock (_waiting) _failure ??= e;
            }

            lock (_waiting)
            {
                if (--_unfinished == 0 || _failure is not null) Monitor.PulseAll(_waiting);
            }
        }
    }

    private bool TryTake([MaybeNullWhen(false)] out T item)
    {
        lock (_waiting)
        {
            while (_waiting.Count == 0 && _unfinished > 0 && _failure is null) Monitor.Wait(_waiting);
            if (_failure is not null || cancellationToken.IsCancellationRequested)
            {
                _failure ??= new OperationCanceledException(cancellationToken);
                Monitor.PulseAll(_waiting);
                item = default;
                return false;
            }

            return _waiting.TryPop(out item);
        }
    }
}

using ModelTrack.Content;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>What was condemned at one moment.</summary>
/// <param name="List">Null when nothing was.</param>
/// <param name="Taken">By this machine's clocks, which are asked only how much time passed.</param>
internal sealed record GcLook(CondemnedList? List, DateTimeOffset Taken, long Ticks)
{
    public bool Condemns(Sha256Hash artifact) => List?.Manifests.Contains(artifact) == true;

    public IReadOnlySet<Sha256Hash> Packs => List?.Packs ?? new HashSet<Sha256Hash>();

    public bool Condemns(RemoteManifest manifest) =>
        Condemns(manifest.Artifact) || (List is { } list && manifest.Root.Packs.Any(pack => list.Packs.Contains(pack.Id)));

    public bool IsOfSameRun(GcLook other) => List?.Run == other.List?.Run;
}

/// <summary>
/// The push's side of the remote's garbage collection. A writer looks at what is condemned before it looks at anything else, and once more
/// after it wrote its manifest; a sweep writes its flag before it lists. So one of the two always sees the other.
/// </summary>
internal sealed class GcWatch(RemoteSession session) : IDisposable
{
    /// <summary>How long garbage stays before it is deleted, unless who collects says otherwise.</summary>
    public static readonly TimeSpan GracePeriod = TimeSpan.FromDays(14);

    /// <summary>Half of it: for so long a writer may rely on what it looked at, and what is older is written again.</summary>
    public static readonly TimeSpan Reliance = GracePeriod / 2;

    /// <summary>A sweep renews its flag; one that is older belongs to a sweep that died.</summary>
    public static readonly TimeSpan SweepDies = TimeSpan.FromHours(1);

    /// <summary>How often a writer goes on when garbage was collected from under it.</summary>
    public const int MostRounds = 5;

    /// <summary>Pushes of one session share a look for so long.</summary>
    private static readonly TimeSpan s_share = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(5);
    private const int FirstRead = 64 * 1024;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private GcLook? _last;
    private (DateTimeOffset? Remote, DateTimeOffset Taken)? _clock;

    /// <summary>The look that a push begins with: this session's last, if that was not long ago.</summary>
    public async Task<GcLook> BeginAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _last is { } last && Age(last) < s_share ? last : await ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What is condemned now.</summary>
    public Task<GcLook> LookAsync(CancellationToken cancellationToken) => ReadAsync(cancellationToken);

    /// <summary>
    /// Whether what was written stands for good. Null: it does. Else garbage was or is being collected from what it relies on, and this is the look
    /// with which to check again.
    /// </summary>
    /// <param name="before">The look that the writer began with.</param>
    public async Task<GcLook?> StandsAsync(RemoteManifest written, GcLook before, CancellationToken cancellationToken)
    {
        // Nothing but what a list names is ever deleted; and between a list and its deletion lies more time than a writer relies on its first look.
        var after = await LookAsync(cancellationToken).ConfigureAwait(false);
        if (Age(before) < Reliance && !before.Condemns(written) && !after.Condemns(written)) return null;

        // The flag before the list: a sweep removes the list before its flag.
        var wasSwept = await WaitForSweepAsync(cancellationToken).ConfigureAwait(false);
        after = await LookAsync(cancellationToken).ConfigureAwait(false);
        return !wasSwept && Age(before) < Reliance && after.IsOfSameRun(before) ? null : after;
    }

    /// <summary>How long ago a look was, a machine's sleep included.</summary>
    public TimeSpan Age(GcLook look)
    {
        var byClock = (session.Time.GetUtcNow() - look.Taken).Duration();
        var elapsed = session.Time.GetElapsedTime(look.Ticks);
        return byClock > elapsed ? byClock : elapsed;
    }

    /// <summary>Whether an object is young enough for a writer to rely on it, by the remote's own times alone. One without a time is not.</summary>
    public async Task<bool> IsYoungAsync(DateTimeOffset? lastModified, CancellationToken cancellationToken) =>
        lastModified is { } written && await NowAsync(cancellationToken).ConfigureAwait(false) is { } now && now - written < Reliance;

    /// <summary>Waits while a sweep runs.</summary>
    /// <returns>False when none did.</returns>
    /// <exception cref="Diagnostics.ModelTrackException">A sweep died.</exception>
    public async Task<bool> WaitForSweepAsync(CancellationToken cancellationToken)
    {
        var isSaid = false;
        while (await session.Transport.HeadAsync(RemoteKeys.Sweep, cancellationToken).ConfigureAwait(false) is { } flag)
        {
            var now = await AskClockAsync(cancellationToken).ConfigureAwait(false);
            if (flag.LastModified is not { } written || now is null || now - written > SweepDies) throw StorageErrors.SweepDied(session.Identity);
            if (!isSaid) session.Log.Report($"Waiting while garbage is collected at {session.Identity}.");
            isSaid = true;
            await Task.Delay(s_poll, session.Time, cancellationToken).ConfigureAwait(false);
        }

        return isSaid;
    }

    /// <summary>The remote's own time, by an object that is written for it; null where the remote tells none.</summary>
    public async Task<DateTimeOffset?> AskClockAsync(CancellationToken cancellationToken)
    {
        await session.Transport.PutAsync(RemoteKeys.Clock, Guid.NewGuid().ToByteArray(), onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
        var head = await session.Transport.HeadAsync(RemoteKeys.Clock, cancellationToken).ConfigureAwait(false);
        return head?.LastModified;
    }

    public void Dispose() => _turn.Dispose();

    private async Task<DateTimeOffset?> NowAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_clock is { } known && (session.Time.GetUtcNow() - known.Taken).Duration() < s_share) return known.Remote;
            var taken = session.Time.GetUtcNow();
            var remote = await AskClockAsync(cancellationToken).ConfigureAwait(false);
            _clock = (remote, taken);
            return remote;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<GcLook> ReadAsync(CancellationToken cancellationToken)
    {
        // The clocks first: a look counts from before it was taken.
        var taken = session.Time.GetUtcNow();
        var ticks = session.Time.GetTimestamp();
        var look = new GcLook(await ReadListAsync(session.Transport, session.Identity, cancellationToken).ConfigureAwait(false), taken, ticks);
        _last = look;
        return look;
    }

    /// <exception cref="Diagnostics.ModelTrackException">There is one, and it cannot be read.</exception>
    public static async Task<CondemnedList?> ReadListAsync(ITransport transport, string remote, CancellationToken cancellationToken)
    {
        var buffer = new byte[FirstRead];
        var read = await transport.ReadAsync(RemoteKeys.Condemned, 0, buffer, null, cancellationToken).ConfigureAwait(false);
        if (read.Status != ReadStatus.Found) return null;
        while (read.Count == buffer.Length && buffer.Length < CondemnedList.MaxSize)
        {
            buffer = new byte[Math.Min((long)buffer.Length * 8, CondemnedList.MaxSize)];
            read = await transport.ReadAsync(RemoteKeys.Condemned, 0, buffer, null, cancellationToken).ConfigureAwait(false);
            if (read.Status != ReadStatus.Found) return null;
        }

        return CondemnedList.Parse(buffer.AsSpan(0, read.Count)) ?? throw StorageErrors.CondemnedUnreadable(remote);
    }
}

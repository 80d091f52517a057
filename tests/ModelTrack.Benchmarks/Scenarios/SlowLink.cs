using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>
/// A link with latency and a limited rate between this machine and itself: a forwarder of TCP connections that holds what it gets for half a round
/// trip and lets through so many bytes per second in each direction, for all connections together. A connection's first bytes wait one
/// round trip more, as for its handshake.
/// </summary>
internal sealed class SlowLink : IAsyncDisposable
{
    private const int Piece = 16 << 10;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _target;
    private readonly TimeSpan _delay;
    private readonly Direction _up, _down;
    private readonly Task _accepting;

    public SlowLink(int port, TimeSpan roundTrip, double bytesPerSecond)
    {
        _target = new IPEndPoint(IPAddress.Loopback, port);
        _delay = roundTrip / 2;
        (_up, _down) = (new Direction(bytesPerSecond), new Direction(bytesPerSecond));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            _ = ForwardAsync(await _listener.AcceptSocketAsync(_stop.Token));
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        using var near = client;
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        try
        {
            await far.ConnectAsync(_target, _stop.Token);
            await Task.WhenAll(PumpAsync(near, far, _up, 2 * _delay), PumpAsync(far, near, _down, TimeSpan.Zero));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side went away; the other sees its connection closed.
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Direction direction, TimeSpan handshake)
    {
        var underway = Channel.CreateBounded<(byte[] Bytes, int Count, long Due)>(512);
        var opened = Stopwatch.GetTimestamp() + Ticks(handshake);
        var sending = Task.Run(async () =>
        {
            await foreach (var (bytes, count, due) in underway.Reader.ReadAllAsync(_stop.Token))
            {
                await UntilAsync(due);
                if (count == 0) to.Shutdown(SocketShutdown.Send);
                else await to.SendAsync(bytes.AsMemory(0, count), _stop.Token);
            }
        });
        try
        {
            while (true)
            {
                var bytes = new byte[Piece];
                var count = await from.ReceiveAsync(bytes, _stop.Token);
                var through = await direction.TakeAsync(Math.Max(opened, Stopwatch.GetTimestamp()), count, _stop.Token);
                await underway.Writer.WriteAsync((bytes, count, through + Ticks(_delay)), _stop.Token);
                if (count == 0) break;
            }
        }
        finally
        {
            underway.Writer.Complete();
        }

        await sending;
    }

    private async Task UntilAsync(long due)
    {
        while (Stopwatch.GetTimestamp() < due)
        {
            await Task.Delay(1, _stop.Token);
        }
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <summary>One direction of the line: bytes leave it one after the other.</summary>
    private sealed class Direction(double bytesPerSecond)
    {
        // What a line's own buffers hold; beyond it the sender waits.
        private static readonly long s_queue = Stopwatch.Frequency / 50;
        private long _free;

        /// <returns>When the last of the bytes has left.</returns>
        public async Task<long> TakeAsync(long now, int count, CancellationToken cancellationToken)
        {
            long through;
            lock (this)
            {
                through = _free = Math.Max(_free, now) + (long)(count / bytesPerSecond * Stopwatch.Frequency);
            }

            while (through - Stopwatch.GetTimestamp() > s_queue) await Task.Delay(1, cancellationToken);
            return through;
        }
    }
}

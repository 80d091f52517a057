using System.Runtime.CompilerServices;
using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Transports;

internal enum Fault
{
    /// <summary>The request fails and nothing happens.</summary>
    ThrowBefore,

    /// <summary>The request does its work and its answer is lost.</summary>
    ThrowAfter,

    /// <summary>Half of the body arrives, then the request fails. A put stores nothing.</summary>
    ThrowWithin,

    /// <summary>One bit of the body is wrong.</summary>
    WrongByte,

    /// <summary>The last byte of the body is missing.</summary>
    Short,

    /// <summary>The body has a byte more than the object; a read shows it where the caller left room.</summary>
    Long,

    /// <summary>The size that is told is one too many.</summary>
    LyingSize,
}

/// <summary>Plays faults: each rule says to which requests, and from which to which of those in turn.</summary>
internal sealed class FaultTransport(ITransport inner) : DelegatingTransport(inner)
{
    private readonly Lock _lock = new();
    private readonly List<Rule> _rules = [];

    /// <param name="area">The beginning of the key.</param>
    /// <param name="nth">From the first such request (1) on, which one suffers.</param>
    /// <param name="times">How many in a row suffer.</param>
    public FaultTransport On(Fault fault, RequestKind? kind = null, string area = "", int nth = 1, int times = 1, bool transient = true)
    {
        lock (_lock) _rules.Add(new Rule(fault, kind, area, nth, times, transient));
        return this;
    }

    public int Played { get; private set; }

    public void Clear()
    {
        lock (_lock) _rules.Clear();
    }

    public override async ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        var rule = Next(RequestKind.Head, key);
        Before(rule);
        var head = await Inner.HeadAsync(key, cancellationToken);
        After(rule);
        return Lie(rule, head);
    }

    public override async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        var rule = Next(RequestKind.Read, key);
        Before(rule);
        if (rule?.Fault == Fault.ThrowWithin)
        {
            await Inner.ReadAsync(key, offset, destination[..(destination.Length / 2)], ifNoneMatch, cancellationToken);
            throw rule.Exception();
        }

        var result = await Inner.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken);
        After(rule);
        if (result.Status != ReadStatus.Found) return result;

        result = result with { Head = Lie(rule, result.Head) };
        switch (rule?.Fault)
        {
            case Fault.WrongByte when result.Count > 0:
                destination.Span[result.Count / 2] ^= 0x10;
                return result;
            case Fault.Short when result.Count > 0:
                return result with { Count = result.Count - 1 };
            case Fault.Long when result.Count < destination.Length:
                destination.Span[result.Count] = 0x5A;
                return result with { Count = result.Count + 1 };
            default:
                return result;
        }
    }

    public override async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
    {
        var rule = Next(RequestKind.Put, key);
        Before(rule);
        if (rule?.Fault == Fault.ThrowWithin) throw rule.Exception();

        var bytes = content.ToArray();
        switch (rule?.Fault)
        {
            case Fault.WrongByte when bytes.Length > 0:
                bytes[bytes.Length / 2] ^= 0x10;
                break;
            case Fault.Short when bytes.Length > 0:
                bytes = bytes[..^1];
                break;
            case Fault.Long:
                bytes = [.. bytes, 0x5A];
                break;
        }

        var stored = await Inner.PutAsync(key, bytes, onlyIfAbsent, cancellationToken);
        After(rule);
        return stored;
    }

    public override async IAsyncEnumerable<ObjectListing> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rule = Next(RequestKind.List, prefix);
        Before(rule);
        var told = 0;
        await foreach (var item in Inner.ListAsync(prefix, cancellationToken))
        {
            if (rule?.Fault == Fault.ThrowWithin && told++ == 1) throw rule.Exception();
            yield return item;
        }

        After(rule);
    }

    public override async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        var rule = Next(RequestKind.Delete, key);
        Before(rule);
        await Inner.DeleteAsync(key, cancellationToken);
        After(rule);
    }

    private Rule? Next(RequestKind kind, string key)
    {
        lock (_lock)
        {
            Rule? hit = null;
            foreach (var rule in _rules)
            {
                if ((rule.Kind is null || rule.Kind == kind) && key.StartsWith(rule.Area, StringComparison.Ordinal) && rule.Turn()) hit ??= rule;
            }

            if (hit is not null) Played++;
            return hit;
        }
    }

    private static void Before(Rule? rule)
    {
        if (rule?.Fault == Fault.ThrowBefore) throw rule.Exception();
    }

    private static void After(Rule? rule)
    {
        if (rule?.Fault == Fault.ThrowAfter) throw rule.Exception();
    }

    private static ObjectHead? Lie(Rule? rule, ObjectHead? head) =>
        rule?.Fault == Fault.LyingSize && head is not null ? head with { Size = head.Size + 1 } : head;

    private sealed class Rule(Fault fault, RequestKind? kind, string area, int nth, int times, bool transient)
    {
        private int _seen;

        public Fault Fault => fault;

        public RequestKind? Kind => kind;

        public string Area => area;

        public bool Turn()
        {
            _seen++;
            return _seen >= nth && _seen - nth < times;
        }

        public TransportException Exception() => new($"played: {fault}", transient);
    }
}

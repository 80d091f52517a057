namespace ModelTrack.TestServers;

/// <summary>Which requests suffer what. The first rule that fits a request decides.</summary>
public sealed class FaultScript
{
    private readonly Lock _lock = new();
    private readonly List<Rule> _rules = [];

    /// <summary>How many requests suffered.</summary>
    public int Played { get; private set; }

    /// <param name="method">Null for every one.</param>
    /// <param name="area">The beginning of the key.</param>
    /// <param name="nth">From the first such request (1) on, which one suffers.</param>
    /// <param name="times">How many in a row suffer.</param>
    public FaultScript On(ServerFault fault, string? method = null, string area = "", int nth = 1, int times = 1)
    {
        lock (_lock) _rules.Add(new Rule(fault, method, area, nth, times));
        return this;
    }

    public void Clear()
    {
        lock (_lock) _rules.Clear();
    }

    internal ServerFault? Next(string method, string key)
    {
        lock (_lock)
        {
            ServerFault? fault = null;
            foreach (var rule in _rules)
            {
                if ((rule.Method is null || rule.Method == method) && key.StartsWith(rule.Area, StringComparison.Ordinal) && rule.Turn()) fault ??= rule.Fault;
            }

            if (fault is not null) Played++;
            return fault;
        }
    }

    private sealed class Rule(ServerFault fault, string? method, string area, int nth, int times)
    {
        private int _seen;

        public ServerFault Fault => fault;

        public string? Method => method;

        public string Area => area;

        public bool Turn()
        {
            _seen++;
            return _seen >= nth && _seen - nth < times;
        }
    }
}

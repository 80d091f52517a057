namespace ModelTrack.Storage.Store;

/// <summary>Which bytes of a file are there: ranges that neither overlap nor touch. Not safe for several threads.</summary>
internal sealed class RangeSet
{
    private readonly List<(long Start, long End)> _ranges = [];

    public IReadOnlyList<(long Start, long End)> Ranges => _ranges;

    public void Add(long start, long length)
    {
        if (length <= 0) return;

        var end = start + length;
        var from = FirstEndingAtOrAfter(start);
        var to = from;
        while (to < _ranges.Count && _ranges[to].Start <= end)
        {
            start = Math.Min(start, _ranges[to].Start);
            end = Math.Max(end, _ranges[to].End);
            to++;
        }

        _ranges.RemoveRange(from, to - from);
        _ranges.Insert(from, (start, end));
    }

    public void Remove(long start, long length)
    {
        if (length <= 0) return;

        var end = start + length;
        var at = FirstEndingAtOrAfter(start);
        while (at < _ranges.Count && _ranges[at].Start < end)
        {
            var (left, right) = _ranges[at];
            _ranges.RemoveAt(at);
            if (left < start) _ranges.Insert(at++, (left, start));
            if (right > end) _ranges.Insert(at++, (end, right));
        }
    }

    public bool Contains(long start, long length)
    {
        if (length == 0) return true;

        var at = FirstEndingAtOrAfter(start + length);
        return at < _ranges.Count && _ranges[at].Start <= start;
    }

    private int FirstEndingAtOrAfter(long position)
    {
        int low = 0, high = _ranges.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].End < position) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}

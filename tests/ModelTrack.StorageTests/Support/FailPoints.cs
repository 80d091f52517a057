using ModelTrack.Diagnostics;

namespace ModelTrack.StorageTests.Support;

/// <summary>Lets one test act at fail points without touching the tests that run beside it.</summary>
internal static class FailPoints
{
    private static readonly AsyncLocal<Action<string>?> s_mine = new();

    static FailPoints()
    {
        var before = FailPoint.Handler;
        FailPoint.Handler = name =>
        {
            before?.Invoke(name);
            s_mine.Value?.Invoke(name);
        };
    }

    /// <summary>For what this test calls from here on, until disposed.</summary>
    public static IDisposable Do(Action<string> action)
    {
        s_mine.Value = action;
        return new Scope();
    }

    private sealed class Scope : IDisposable
    {
        public void Dispose() => s_mine.Value = null;
    }
}

using System.Runtime.CompilerServices;

namespace ModelTrack.Diagnostics;

/// <summary>
/// Named places between two steps of which a crash must be survivable. Tests install a handler that
/// kills the process or throws there; without one a hit costs a null check.
/// </summary>
internal static class FailPoint
{
    /// <summary>Called with the point's name, such as `store.add.renamed`.</summary>
    internal static Action<string>? Handler { get; set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Hit(string name) => Handler?.Invoke(name);
}

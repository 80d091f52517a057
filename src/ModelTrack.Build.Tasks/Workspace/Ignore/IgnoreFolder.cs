namespace ModelTrack.Workspace.Ignore;

/// <summary>The rules that hold for what is directly in a folder: those of its own file, and those of the folders above it.</summary>
internal sealed class IgnoreFolder
{
    private readonly IgnoreFolder? _above;
    private readonly int _start;

    private IgnoreFolder(IgnoreFolder? above, string relative, IReadOnlyList<IgnorePattern> patterns, int start, bool hasFile)
    {
        _above = above;
        Relative = relative;
        Patterns = patterns;
        _start = start;
        HasFile = hasFile;
        Applies = hasFile || patterns.Count > 0 || above is { HasPatterns: true };
        HasPatterns = patterns.Count > 0 || above is { HasPatterns: true };
    }

    public static IgnoreFolder None { get; } = new(null, "", [], 0, false);

    public static IgnoreFolder Ignored { get; } = new(null, "", [], 0, false) { IsIgnored = true };

    /// <summary>Within the artifact.</summary>
    public string Relative { get; }

    /// <summary>Those of the folder's own file that could name something in the artifact.</summary>
    public IReadOnlyList<IgnorePattern> Patterns { get; }

    public bool IsIgnored { get; private init; }

    /// <summary>Whether an ignore file lies in the folder, be it without patterns.</summary>
    public bool HasFile { get; }

    /// <summary>Whether anything directly in the folder could be left to Git.</summary>
    public bool Applies { get; }

    /// <summary>The way from here to the artifact; empty within it.</summary>
    public byte[] Way { get; private init; } = [];

    public IgnoreFolder? Above => _above;

    private bool HasPatterns { get; }

    /// <summary>A folder above the artifact.</summary>
    /// <param name="way">From there to the artifact, with a slash at its end.</param>
    /// <param name="start">Where its paths begin in the full ones.</param>
    public IgnoreFolder Outside(IgnoreFile? file, ReadOnlySpan<byte> way, int start)
    {
        if (file is null) return this;
        var patterns = new List<IgnorePattern>();
        foreach (var pattern in file.Patterns)
            if (!pattern.IsAnchored || pattern.Reaches(way)) patterns.Add(pattern);
        return patterns.Count == 0 ? this : new IgnoreFolder(this, "", patterns, start, false) { Way = way.ToArray() };
    }

    /// <summary>A folder within the artifact, or the artifact's own.</summary>
    public IgnoreFolder Below(string relative, IgnoreFile? file, int start) => new(this, relative, file?.Patterns ?? [], start, file is not null);

    /// <summary>The pattern that decides.</summary>
    /// <param name="path">Full: from the highest folder with rules on.</param>
    public IgnorePattern? Decide(ReadOnlySpan<byte> path, bool isDirectory)
    {
        var name = path[(path.LastIndexOf((byte)'/') + 1)..];
        for (var folder = this; folder is not null; folder = folder._above)
        {
            for (var i = folder.Patterns.Count - 1; i >= 0; i--)
            {
                var pattern = folder.Patterns[i];
                if (pattern.OnlyFolders && !isDirectory) continue;
                if (pattern.Matches(pattern.IsAnchored ? path[folder._start..] : name)) return pattern;
            }
        }

        return null;
    }
}

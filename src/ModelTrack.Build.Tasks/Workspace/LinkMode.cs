namespace ModelTrack.Workspace;

/// <summary>How content gets from the store to its place in the workspace.</summary>
public enum LinkMode
{
    /// <summary>A copy-on-write clone where the file system has it, else a copy.</summary>
    Auto,

    /// <summary>Always a copy.</summary>
    Copy,

    /// <summary>A hard link to the store's own file: for content that nothing writes.</summary>
    HardLink,
}

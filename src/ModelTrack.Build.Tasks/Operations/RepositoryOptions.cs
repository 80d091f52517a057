namespace ModelTrack.Operations;

/// <summary>Arguments of the verbs that run once for a repository.</summary>
/// <param name="Root">The repository's root; the solution's or project's folder where there is no Git.</param>
/// <param name="StartedIn">The folder of the project that the verb was called on.</param>
public sealed record RepositoryOptions(string Root, string StartedIn)
{
    public string? Remote { get; init; }

    public string? StorePath { get; init; }

    /// <summary>For ModelTrackSetupDagsHub: `OWNER/REPO`, or an address.</summary>
    public string? DagsHub { get; init; }

    public bool InstallHooks { get; init; }

    public bool Offline { get; init; }

    /// <summary>What Checkout goes to.</summary>
    public string? Revision { get; init; }

    /// <summary>What Commit says.</summary>
    public string? Message { get; init; }

    /// <summary>A file with what Commit says, full.</summary>
    public string? MessageFile { get; init; }

    /// <summary>The tag that Commit makes.</summary>
    public string? Tag { get; init; }

    /// <summary>For the check before a push: Git's name of the remote, or its address.</summary>
    public string? PushRemote { get; init; }

    /// <summary>For the check before a push: the file with the lines that Git gives its pre-push hook, full.</summary>
    public string? PushList { get; init; }

    public bool Force { get; init; }
}

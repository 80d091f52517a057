using ModelTrack.Diagnostics;

namespace ModelTrack.Artifacts;

/// <summary>The rule that a path breaks.</summary>
internal sealed class PathFault
{
    private readonly Func<string, string, ModelTrackException> _error;
    private readonly string _rule;

    private PathFault(Func<string, string, ModelTrackException> error, string rule)
    {
        _error = error;
        _rule = rule;
    }

    public static PathFault Leads(string rule) => new(ArtifactErrors.LeadsElsewhere, rule);

    public static PathFault Unportable(string rule) => new(ArtifactErrors.NotPortable, rule);

    public static PathFault Git(string rule) => new(ArtifactErrors.GitFolder, rule);

    public ModelTrackException ToError(string path) => _error(path, _rule);
}

namespace ModelTrack.Tasks;

/// <summary>Metadata that the tasks read and write; the names of options are those of their properties.</summary>
internal static class ItemNames
{
    public const string CopyToOutputDirectory = nameof(CopyToOutputDirectory);
    public const string CopyToPublishDirectory = nameof(CopyToPublishDirectory);
    public const string Endpoint = nameof(Endpoint);
    public const string ExcludeFromSingleFile = nameof(ExcludeFromSingleFile);
    public const string ForcePathStyle = nameof(ForcePathStyle);
    public const string FullPath = nameof(FullPath);
    public const string Link = nameof(Link);
    public const string LinkMode = nameof(LinkMode);
    public const string Metrics = nameof(Metrics);
    public const string ModelTrackFound = nameof(ModelTrackFound);
    public const string Pack = nameof(Pack);
    public const string Profile = nameof(Profile);
    public const string Region = nameof(Region);
    public const string Remote = nameof(Remote);
    public const string Repository = nameof(Repository);
    public const string RestoreFrom = nameof(RestoreFrom);
    public const string RestoreOnBuild = nameof(RestoreOnBuild);
    public const string Revision = nameof(Revision);
    public const string TargetPath = nameof(TargetPath);
    public const string TokenVariable = nameof(TokenVariable);
    public const string Url = nameof(Url);
    public const string UsernameVariable = nameof(UsernameVariable);
    public const string Visible = nameof(Visible);
}

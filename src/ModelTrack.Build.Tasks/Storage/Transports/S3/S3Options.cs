using ModelTrack.Git;

namespace ModelTrack.Storage.Transports.S3;

/// <summary>What a test sets otherwise than a build.</summary>
internal sealed record S3Options
{
    /// <summary>How long nothing may move on a connection: long enough for a slow server to take in a pack after its last byte was sent.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the SDK's chain is looked through: on a machine that has no credentials, the last of the places asked is an address that does not answer.</summary>
    public TimeSpan ChainPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a profile that somebody named may take: a program of its own may have to ask a server first.</summary>
    public TimeSpan ProfilePatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The file of profiles; null for the user's own.</summary>
    public string? ProfilesLocation { get; init; }

    /// <summary>Sets the handler otherwise, to trust a certificate of the test's own.</summary>
    public Action<SocketsHttpHandler>? Configure { get; init; }

    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    public GitCredentials Git { get; init; } = GitCredentials.ForThisProcess();
}

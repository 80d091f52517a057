namespace ModelTrack.Storage.Remote;

/// <summary>How a remote is reached beyond its address. Names of environment variables, never their values.</summary>
public sealed record RemoteSettings
{
    public static RemoteSettings None { get; } = new();

    /// <summary>S3: the server's URL where it is not Amazon's.</summary>
    public string? Endpoint { get; init; }

    /// <summary>S3: the bucket's region.</summary>
    public string? Region { get; init; }

    /// <summary>S3: the profile of the shared AWS configuration whose credentials are used.</summary>
    public string? Profile { get; init; }

    /// <summary>S3: the bucket stands in the path and not in the host's name; null to decide by the endpoint.</summary>
    public bool? ForcePathStyle { get; init; }

    /// <summary>The environment variable that holds the user, or the access key.</summary>
    public string? UsernameVariable { get; init; }

    /// <summary>The environment variable that holds the password, the token, the secret key or the SAS.</summary>
    public string? TokenVariable { get; init; }
}

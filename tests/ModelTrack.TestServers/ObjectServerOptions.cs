using System.Security.Cryptography.X509Certificates;

namespace ModelTrack.TestServers;

/// <summary>What kind of server it is.</summary>
public sealed record ObjectServerOptions
{
    public bool Ranges { get; init; } = true;

    /// <summary>If-None-Match on reads and puts.</summary>
    public bool Conditions { get; init; } = true;

    public bool ETags { get; init; } = true;

    public bool WeakETags { get; init; }

    /// <summary>Answers to reads tell no length: their bodies come in chunks.</summary>
    public bool Chunked { get; init; }

    public bool Head { get; init; } = true;

    /// <summary>A put below a folder that is not there is answered 409, and MKCOL makes folders.</summary>
    public bool NeedsFolders { get; init; }

    /// <summary>PROPFIND.</summary>
    public bool Lists { get; init; }

    /// <summary>GET and HEAD only.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>The only Authorization header let in; null for everybody.</summary>
    public string? Authorization { get; init; }

    public long? MaxBody { get; init; }

    /// <summary>Serves https when given.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>What stands in the URL before the keys.</summary>
    public string BasePath { get; init; } = "/team/models";
}

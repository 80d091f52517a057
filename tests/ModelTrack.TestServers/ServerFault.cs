namespace ModelTrack.TestServers;

/// <summary>What a server, or the way to it, does to a request.</summary>
public enum ServerFault
{
    /// <summary>The connection breaks before anything is done.</summary>
    CutBefore,

    /// <summary>The connection breaks in the middle of the body: of the answer's for a read, of the request's for a put, which stores nothing.</summary>
    CutWithin,

    /// <summary>The work is done, and the connection breaks before the answer.</summary>
    CutAfter,

    Status500,
    Status502,

    /// <summary>With `Retry-After: 0`.</summary>
    Status503,

    /// <summary>With `Retry-After: 0`.</summary>
    Status429,
    Status423,
    Status403,
    Status401,
    Status405,
    Status413,
    Status507,

    /// <summary>The request is taken and never answered.</summary>
    Stall,

    /// <summary>Half of the body comes, and then nothing more.</summary>
    StallWithin,

    /// <summary>One bit of the body is wrong; its length is right.</summary>
    WrongByte,

    /// <summary>The headers are right, the body ends a byte early.</summary>
    Short,

    /// <summary>A byte is missing, and the headers agree with that.</summary>
    ShortAndSaysSo,

    /// <summary>The body has a byte more than the range that the headers tell.</summary>
    Long,

    /// <summary>The body has a byte more, and no length is told.</summary>
    LongUntold,

    /// <summary>A wrong tag is told, and every condition taken as met.</summary>
    LyingETag,

    /// <summary>The whole object comes, whatever range was asked for.</summary>
    IgnoreRange,

    /// <summary>Conditions are not heeded.</summary>
    IgnoreConditions,

    /// <summary>Another range comes than was asked for.</summary>
    OtherRange,

    /// <summary>Date and Last-Modified are ten years ahead.</summary>
    ClockAhead,

    /// <summary>The request is sent to <see cref="ObjectServer.RedirectTo"/>.</summary>
    Redirect,
}

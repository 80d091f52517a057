using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Transports.S3;

/// <summary>A request, as a message may speak of it.</summary>
/// <param name="Permission">What its user must be allowed.</param>
/// <param name="Source">Where the credentials came from.</param>
/// <param name="Region">What it was signed for.</param>
internal sealed record S3Request(string Remote, S3Place Place, string What, string Permission, string Source, string Region);

/// <summary>What went wrong on the way, or in a server's answer, as this project's exceptions.</summary>
internal static class S3Failures
{
    private const int MaxTold = 200;

    public static bool IsExpired(AmazonServiceException e) => e.ErrorCode is "ExpiredToken" or "ExpiredTokenException" or "TokenRefreshRequired" or "RequestExpired";

    /// <summary>A 400 that does not say what is wrong, as the answer to a HEAD cannot: it has no body. That credentials have expired is one thing that it may mean.</summary>
    public static bool IsWordless(AmazonServiceException e) => e is { StatusCode: HttpStatusCode.BadRequest, ErrorCode: null or "" or "BadRequest" };

    /// <summary>For whatever a request threw; null for what is none of the network's.</summary>
    public static Exception? Of(Exception e, S3Request request, StallGuard guard, CancellationToken caller)
    {
        switch (e)
        {
            case OperationCanceledException when caller.IsCancellationRequested:
                return new OperationCanceledException(e.Message, e, caller);
            case OperationCanceledException when guard.HasStalled:
                return new TransportException(string.Create(CultureInfo.InvariantCulture, $"{request.What}: nothing moved for {guard.Patience.TotalSeconds:0.#} seconds"), transient: true, e) { IsOverload = true };
            case OperationCanceledException:
                return new TransportException($"{request.What}: the server could not be reached in time", transient: true, e);
            case AmazonServiceException answer when (int)answer.StatusCode > 0:
                return OfAnswer(answer, request);
        }

        // What broke the connection is often wrapped twice.
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case AuthenticationException tls:
                    return StorageErrors.S3CertificateRefused(e, request.Remote, tls.Message);
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } unknown:
                    return StorageErrors.S3HostUnknown(e, request.Remote, unknown.Message);
                case HttpRequestException when ProxyRefusal.Of(inner, request.What) is { } proxy:
                    return proxy;
            }
        }

        return e is HttpRequestException or IOException or SocketException or WebException or AmazonServiceException
            ? new TransportException($"{request.What}: {Brief(Innermost(e).Message)}", transient: true, e)
            : e is AmazonClientException ? StorageErrors.S3CredentialsRefused(e, request.Remote, request.Source, Brief(e.Message)) : null;
    }

    /// <summary>A header of the answer that an exception tells of.</summary>
    public static string? Header(AmazonServiceException e, string name) =>
        e.InnerException is HttpErrorResponseException { Response: { } response } && response.IsHeaderPresent(name) ? response.GetHeaderValue(name) : null;

    /// <summary>Others' words as one short line.</summary>
    public static string Brief(string text)
    {
        var line = new string([.. ForeignText.WithoutUserInfo(text).Select(c => char.IsControl(c) ? ' ' : c)]).Trim();
        return line.Length > MaxTold ? line[..MaxTold] + "…" : line;
    }

    private static Exception OfAnswer(AmazonServiceException e, S3Request request)
    {
        var status = (int)e.StatusCode;
        var told = Told(e);
        var region = Header(e, "x-amz-bucket-region");
        switch (e.ErrorCode)
        {
            case "NoSuchBucket":
                return StorageErrors.S3NoBucket(e, request.Remote, request.Place.Bucket);
            case "PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException" or "TemporaryRedirect":
                return StorageErrors.S3WrongRegion(e, request.Remote, request.Region, region ?? RegionIn(e.Message) ?? "the bucket's own");
            case "SignatureDoesNotMatch" or "InvalidAccessKeyId" or "InvalidToken" or "InvalidSecurity" or "MissingSecurityHeader" or "NotSignedUp" or "UnrecognizedClientException":
                return StorageErrors.S3CredentialsRefused(e, request.Remote, request.Source, told);
            case "RequestTimeTooSkewed":
                return StorageErrors.S3ClockWrong(e, request.Remote, told);
            case "EntityTooLarge" or "MaxMessageLengthExceeded":
                return StorageErrors.S3TooLarge(e, request.Remote, request.What, told);
            case "QuotaExceeded" or "InsufficientCapacity" or "InsufficientStorage" or "XMinioStorageFull" or "XMinioAdminBucketQuotaExceeded":
                return StorageErrors.S3Full(e, request.Remote, request.What, told);

            // Damaged or cut off on the way.
            case "BadDigest" or "InvalidDigest" or "XAmzContentSHA256Mismatch" or "IncompleteBody" or "RequestTimeout":
            case "SlowDown" or "SlowDownWrite" or "SlowDownRead" or "ServiceUnavailable" or "InternalError" or "OperationAborted" or "ConditionalRequestConflict" or "TooManyRequests" or "RequestLimitExceeded":
                return Transient(e, request, told);
        }

        if (IsExpired(e)) return StorageErrors.S3CredentialsExpired(e, request.Remote, request.Source, told);
        return e.StatusCode switch
        {
            >= HttpStatusCode.Moved and < HttpStatusCode.BadRequest when region is not null => StorageErrors.S3WrongRegion(e, request.Remote, request.Region, region),
            HttpStatusCode.BadRequest when region is not null && region != request.Region => StorageErrors.S3WrongRegion(e, request.Remote, request.Region, region),
            HttpStatusCode.Unauthorized => StorageErrors.S3CredentialsRefused(e, request.Remote, request.Source, told),
            HttpStatusCode.Forbidden => StorageErrors.S3NotAllowed(e, request.Remote, request.What, request.Permission, request.Source, told),
            HttpStatusCode.RequestEntityTooLarge => StorageErrors.S3TooLarge(e, request.Remote, request.What, told),
            HttpStatusCode.InsufficientStorage => StorageErrors.S3Full(e, request.Remote, request.What, told),
            HttpStatusCode.RequestTimeout or (HttpStatusCode)425 or HttpStatusCode.TooManyRequests => Transient(e, request, told),
            HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported => StorageErrors.S3Unexpected(e, request.Remote, request.What, told),
            _ when status >= 500 => Transient(e, request, told),
            _ => StorageErrors.S3Unexpected(e, request.Remote, request.What, told),
        };
    }

    private static TransportException Transient(AmazonServiceException e, S3Request request, string told) => new($"{request.What}: the server answered {told}", transient: true, e)
    {
        RetryAfter = int.TryParse(Header(e, "Retry-After"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null,
        IsOverload = e.ErrorCode is "SlowDown" or "SlowDownWrite" or "SlowDownRead" or "TooManyRequests" or "RequestLimitExceeded" || e.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests,
    };

    private static string Told(AmazonServiceException e)
    {
        var code = e.ErrorCode is { Length: > 0 and < 100 } name && name.All(char.IsAsciiLetterOrDigit) ? $" {name}" : "";
        var message = e is AmazonUnmarshallingException || string.IsNullOrWhiteSpace(e.Message) ? "" : $": {Brief(e.Message).TrimEnd('.')}";
        return string.Create(CultureInfo.InvariantCulture, $"{(int)e.StatusCode}{code}{message}");
    }

    /// <summary>"…the region 'x' is wrong; expecting 'eu-west-1'".</summary>
    private static string? RegionIn(string message)
    {
        var at = message.LastIndexOf("expecting '", StringComparison.Ordinal);
        if (at < 0) return null;
        var rest = message[(at + "expecting '".Length)..];
        var end = rest.IndexOf('\'', StringComparison.Ordinal);
        return end > 0 ? rest[..end] : null;
    }

    private static Exception Innermost(Exception e)
    {
        while (e.InnerException is { } inner) e = inner;
        return e;
    }
}

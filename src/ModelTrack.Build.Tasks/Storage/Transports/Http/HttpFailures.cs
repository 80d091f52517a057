using System.Globalization;
using System.Net;
using System.Security.Authentication;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Transports.Http;

/// <summary>What went wrong on the way, or in a server's answer, as this project's exceptions.</summary>
internal static class HttpFailures
{
    /// <summary>For an exception of the framework's while a request was under way; null for one that is none of the network's.</summary>
    public static Exception? Of(Exception e, string what, StallGuard guard, CancellationToken caller) => e switch
    {
        OperationCanceledException when caller.IsCancellationRequested => new OperationCanceledException(e.Message, e, caller),
        OperationCanceledException when guard.HasStalled =>
            new TransportException(string.Create(CultureInfo.InvariantCulture, $"{what}: nothing moved for {guard.Patience.TotalSeconds:0.#} seconds"), transient: true, e),

        // Connecting has a limit of its own.
        OperationCanceledException => new TransportException($"{what}: the server could not be reached in time", transient: true, e),
        HttpRequestException { InnerException: AuthenticationException inner } => StorageErrors.HttpCertificateRefused(e, what, inner.Message),
        _ when ProxyRefusal.Of(e, what) is { } proxy => proxy,
        HttpRequestException or IOException => new TransportException($"{what}: {Innermost(e)}", transient: true, e),
        _ => null,
    };

    /// <summary>For a status that is none of those which the request provides for.</summary>
    /// <param name="remote">The remote for a person.</param>
    /// <param name="writes">Whether the request was to change something there.</param>
    public static Exception Of(HttpAnswer answer, string remote, bool writes)
    {
        var status = (int)answer.Status;
        var told = Told(answer);
        if (answer.WentElsewhere && answer.Status is (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
        {
            return StorageErrors.HttpCredentialsNotCarried(remote, answer.Response.RequestMessage!.RequestUri!.GetLeftPart(UriPartial.Authority));
        }

        return answer.Status switch
        {
            HttpStatusCode.Unauthorized when answer.Used is { } used => StorageErrors.HttpCredentialsRefused(remote, used.Source, told),
            HttpStatusCode.Unauthorized => StorageErrors.HttpCredentialsNeeded(remote),
            HttpStatusCode.Forbidden when answer is { Used: { Kind: CredentialKind.Sas } sas, ErrorCode: "AuthenticationFailed" } => StorageErrors.HttpCredentialsRefused(remote, sas.Source, told),
            HttpStatusCode.Forbidden when writes => StorageErrors.HttpNotWritable(remote, answer.What, told),
            HttpStatusCode.Forbidden => StorageErrors.HttpForbidden(remote, answer.What, told),
            HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented when writes => StorageErrors.HttpReadOnly(remote, answer.What, told),
            HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Conflict when writes => StorageErrors.HttpPlaceMissing(remote, answer.What, told),
            HttpStatusCode.RequestEntityTooLarge => StorageErrors.HttpTooLarge(remote, answer.What),
            HttpStatusCode.InsufficientStorage => StorageErrors.HttpFull(remote, answer.What),
            HttpStatusCode.ProxyAuthenticationRequired => new TransportException($"{answer.What}: the proxy wants credentials ({told}); give them in HTTP_PROXY or HTTPS_PROXY", transient: false),
            HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported => StorageErrors.HttpUnexpected(remote, answer.What, told),
            HttpStatusCode.RequestTimeout or HttpStatusCode.Locked or (HttpStatusCode)425 or HttpStatusCode.TooManyRequests => Transient(answer, told),
            _ when status >= 500 => Transient(answer, told),
            _ => StorageErrors.HttpUnexpected(remote, answer.What, told),
        };
    }

    private static TransportException Transient(HttpAnswer answer, string told) => new($"{answer.What}: the server answered {told}", transient: true)
    {
        RetryAfter = answer.Response.Headers.RetryAfter switch
        {
            { Delta: { } wait } => wait,

            // A date is by the server's clock, which its Date header tells.
            { Date: { } date } => date - (answer.Response.Headers.Date ?? DateTimeOffset.UtcNow) is { Ticks: > 0 } wait ? wait : null,
            _ => null,
        },
        IsOverload = answer.Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests,
    };

    private static string Told(HttpAnswer answer)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{(int)answer.Status} {answer.Response.ReasonPhrase}").TrimEnd();
        return answer.ErrorCode is { } code && code.Length < 100 && code.All(char.IsAsciiLetterOrDigit) ? $"{text}, {code}" : text;
    }

    private static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner) e = inner;
        return ForeignText.WithoutUserInfo(e.Message);
    }
}

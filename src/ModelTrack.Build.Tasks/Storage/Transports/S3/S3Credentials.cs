using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using Amazon.S3;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Storage.Transports.S3;

/// <param name="Source">Where they came from, for a person; never what they are.</param>
internal sealed record S3Login(AWSCredentials Credentials, string Source);

/// <summary>Finds what proves to an S3 server who asks: named variables, a named profile, or the SDK's own chain.</summary>
internal sealed class S3Credentials(string remote, RemoteSettings settings, S3Options options)
{
    /// <summary>Looks anew each time.</summary>
    /// <exception cref="ModelTrackException">There are none; the message tells where they were looked for.</exception>
    public Task<S3Login> FindAsync(AmazonS3Config config, CancellationToken cancellationToken)
    {
        if (settings.UsernameVariable is not null || settings.TokenVariable is not null) return NamedAsync(cancellationToken);
        return settings.Profile is { } profile ? OfProfileAsync(profile, cancellationToken) : OfChainAsync(config, cancellationToken);
    }

    private async Task<S3Login> NamedAsync(CancellationToken cancellationToken)
    {
        if (settings is not { UsernameVariable: { } user, TokenVariable: { } token })
        {
            throw StorageErrors.S3VariableMissing(remote, settings.UsernameVariable is null ? "TokenVariable" : "UsernameVariable", settings.UsernameVariable is null ? "UsernameVariable" : "TokenVariable");
        }

        // A server that takes one token as both keys, as DagsHub does: what Git knows of that server is this token.
        if (user == token && Given(token) is null && settings.Endpoint is { } endpoint
            && await options.Git.FillAsync(new Uri(endpoint), cancellationToken).ConfigureAwait(false) is { } known)
        {
            return new S3Login(new BasicAWSCredentials(known.Password, known.Password), "Git's credential helper");
        }

        return new S3Login(new BasicAWSCredentials(Value(user), Value(token)), $"the environment variables {user} and {token}");
    }

    private string? Given(string name) => options.Variable(name)?.Trim() is { Length: > 0 } value ? value : null;

    private string Value(string name) => Given(name) ?? throw StorageErrors.S3VariableNotSet(remote, name);

    private async Task<S3Login> OfProfileAsync(string profile, CancellationToken cancellationToken)
    {
        var credentials = await AskAsync(
            () => new CredentialProfileStoreChain(options.ProfilesLocation).TryGetAWSCredentials(profile, out var found) ? Task.FromResult(found) : throw StorageErrors.S3ProfileMissing(remote, profile, "there is none of that name in the AWS configuration files, or it has no credentials"),
            e => StorageErrors.S3ProfileMissing(remote, profile, e),
            options.ProfilePatience,
            cancellationToken).ConfigureAwait(false);
        return new S3Login(credentials, $"the AWS profile {profile}");
    }

    private async Task<S3Login> OfChainAsync(AmazonS3Config config, CancellationToken cancellationToken)
    {
        using var resolver = new DefaultAWSCredentialsIdentityResolver();
        var named = options.Variable("AWS_PROFILE") is { Length: > 0 } profile ? profile : null;
        var credentials = await AskAsync(
            () => resolver.ResolveIdentityAsync(config, cancellationToken),
            e => StorageErrors.S3NoCredentials(remote, named ?? "default", e),
            named is not null && new CredentialProfileStoreChain(options.ProfilesLocation).TryGetProfile(named, out _) ? options.ProfilePatience : options.ChainPatience,
            cancellationToken).ConfigureAwait(false);
        return new S3Login(credentials, "the AWS credential chain");
    }

    /// <summary>Asks on a thread of its own, since some sources ask the network in a blocking way, and for so long only.</summary>
    private static async Task<AWSCredentials> AskAsync(Func<Task<AWSCredentials>> ask, Func<string, ModelTrackException> missing, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(
                async () =>
                {
                    var credentials = await ask().ConfigureAwait(false) ?? throw new AmazonClientException("none was found");

                    // Some are only looked for when they are first used.
                    await credentials.GetCredentialsAsync().ConfigureAwait(false);
                    return credentials;
                },
                cancellationToken).WaitAsync(patience, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw missing("the last source asked did not answer in time");
        }
        catch (Exception e) when (e is not (ModelTrackException or OperationCanceledException))
        {
            throw missing(S3Failures.Brief(e.Message));
        }
    }
}

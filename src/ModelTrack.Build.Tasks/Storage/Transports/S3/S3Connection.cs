using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Internal;
using Amazon.S3;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Storage.Transports.S3;

/// <summary>A client of the SDK with the credentials that it signs with.</summary>
internal sealed record S3Client(AmazonS3Client Sdk, S3Login Login)
{
    /// <summary>The region for which it signs.</summary>
    public string Region => Sdk.Config.AuthenticationRegion ?? Sdk.Config.RegionEndpoint?.SystemName ?? S3Place.DefaultRegion;
}

/// <summary>Makes the SDK's client when it is first needed, and a new one when credentials have expired. This is where the SDK is loaded.</summary>
internal sealed class S3Connection : IDisposable
{
    private readonly S3Place _place;
    private readonly RemoteSettings _settings;
    private readonly S3Options _options;
    private readonly S3Credentials _credentials;
    private readonly HttpClient _http;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly List<AmazonS3Client> _opened = [];
    private volatile S3Client? _current;
    private ModelTrackException? _missing;

    public S3Connection(string remote, S3Place place, RemoteSettings settings, S3Options options)
    {
        _place = place;
        _settings = settings;
        _options = options;
        _credentials = new S3Credentials(remote, settings, options);

        // A proxy comes from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or the system's settings: the handler's default.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        options.Configure?.Invoke(handler);

        // The stall guard has the only say on how long a request takes.
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <exception cref="ModelTrackException">There are no credentials.</exception>
    public async ValueTask<S3Client> GetAsync(CancellationToken cancellationToken) =>
        _current ?? await OpenAsync(null, cancellationToken).ConfigureAwait(false);

    /// <summary>Looks for credentials anew, unless somebody has since <paramref name="former"/> was used.</summary>
    public ValueTask<S3Client> RenewAsync(S3Client former, CancellationToken cancellationToken) => OpenAsync(former, cancellationToken);

    public void Dispose()
    {
        foreach (var client in _opened) client.Dispose();
        _http.Dispose();
        _opening.Dispose();
    }

    private async ValueTask<S3Client> OpenAsync(S3Client? former, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_current is { } current && current != former) return current;

            // Looked for once, not for each artifact: the last of the places may take seconds.
            if (_missing is { } missing) throw missing;

            var settings = MakeSettings();
            var login = await _credentials.FindAsync(settings, cancellationToken).ConfigureAwait(false);
            var sdk = new QuietClient(login.Credentials, settings);
            _opened.Add(sdk);
            return _current = new S3Client(sdk, login);
        }
        catch (ModelTrackException e)
        {
            _missing = e;
            throw;
        }
        finally
        {
            _opening.Release();
        }
    }

    private AmazonS3Config MakeSettings()
    {
        var settings = new AmazonS3Config
        {
            ForcePathStyle = _place.PathStyle,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            DefaultConfigurationMode = DefaultConfigurationMode.Standard,
            DisableS3ExpressSessionAuth = true,
            DisableRequestCompression = true,
            DisableLogging = true,
            MaxStaleConnectionRetries = 0,
            BufferSize = 128 * 1024,
            HttpClientFactory = new OneHttpClient(_http),
        };
        if (_place.Endpoint is { } endpoint)
        {
            settings.ServiceURL = endpoint.AbsoluteUri;
            settings.AuthenticationRegion = _place.Region ?? S3Place.DefaultRegion;
        }
        else
        {
            // The SDK itself would go on to ask an address that only answers inside Amazon's network.
            settings.RegionEndpoint = RegionEndpoint.GetBySystemName(_place.Region ?? RegionOfProfile() ?? S3Place.DefaultRegion);
        }

        if (_settings.Profile is { } profile) settings.Profile = new Profile(profile, _options.ProfilesLocation);
        return settings;
    }

    private string? RegionOfProfile()
    {
        var name = _settings.Profile ?? (_options.Variable("AWS_PROFILE") is { Length: > 0 } profile ? profile : "default");
        try
        {
            return new CredentialProfileStoreChain(_options.ProfilesLocation).TryGetProfile(name, out var found) ? found.Region?.SystemName : null;
        }
        catch (AmazonClientException)
        {
            // What is wrong with the file is told where its credentials are needed.
            return null;
        }
    }

    /// <summary>Repeats nothing, but for a request that was refused because this machine's clock is wrong: it is signed again with the server's time.</summary>
    private sealed class QuietClient(AWSCredentials credentials, AmazonS3Config settings) : AmazonS3Client(credentials, settings)
    {
        protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
        {
            base.CustomizeRuntimePipeline(pipeline);
            pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new ClockRetry()));
        }
    }

    private sealed class ClockRetry : RetryPolicy
    {
        public override bool CanRetry(IExecutionContext executionContext) => true;

        public override bool RetryLimitReached(IExecutionContext executionContext) => executionContext.RequestContext.Retries >= 1;

        public override bool RetryForException(IExecutionContext executionContext, Exception exception) => false;

        public override Task<bool> RetryForExceptionAsync(IExecutionContext executionContext, Exception exception) => Task.FromResult(false);

        public override void WaitBeforeRetry(IExecutionContext executionContext)
        {
        }

        public override Task WaitBeforeRetryAsync(IExecutionContext executionContext) => Task.CompletedTask;
    }

    private sealed class OneHttpClient(HttpClient client) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => client;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

        public override string? GetConfigUniqueString(IClientConfig clientConfig) => null;
    }
}

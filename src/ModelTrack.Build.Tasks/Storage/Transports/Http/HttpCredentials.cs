using ModelTrack.Git;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Storage.Transports.Http;

/// <summary>
/// The credentials for one remote. Variables that the settings name are read at the first request. Without any, Git's credential helpers are asked,
/// and only once a server has answered 401. Safe for several threads.
/// </summary>
internal sealed class HttpCredentials : IDisposable
{
    private const int MostFills = 2;

    private readonly Uri _url;
    private readonly RemoteSettings _settings;
    private readonly Func<string, string?> _variable;
    private readonly GitCredentials _git;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile HttpCredential? _current;
    private volatile bool _isRead;
    private GitCredential? _approved;
    private int _fills;

    public HttpCredentials(Uri url, RemoteSettings settings, Func<string, string?> variable, GitCredentials git)
    {
        _url = url;
        _settings = settings;
        _variable = variable;
        _git = git;
    }

    /// <summary>Whether the settings name where they are; a server's 401 is then an answer to these, and nobody else is asked.</summary>
    public bool AreNamed => _settings.TokenVariable is not null || _settings.UsernameVariable is not null;

    /// <summary>What to send now; null for nothing.</summary>
    /// <exception cref="Diagnostics.ModelTrackException">A variable that the settings name is not set.</exception>
    public HttpCredential? Current()
    {
        if (_isRead || !AreNamed) return _current;

        var token = _settings.TokenVariable ?? throw StorageErrors.HttpTokenVariableMissing(_url.ToString(), _settings.UsernameVariable!);
        var secret = Required(token);
        _current = _settings.UsernameVariable is { } user
            ? HttpCredential.Basic(Required(user), secret, $"the environment variables {user} and {token}")
            : HttpCredential.OfToken(secret, $"the environment variable {token}");
        _isRead = true;
        return _current;
    }

    /// <summary>The server refused what was sent: finds something else to send.</summary>
    /// <param name="used">What was sent; null for nothing.</param>
    /// <returns>False when there is nothing else.</returns>
    public async Task<bool> RenewAsync(HttpCredential? used, CancellationToken cancellationToken)
    {
        if (AreNamed) return false;

        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Another request may have found out meanwhile.
            if (!ReferenceEquals(_current, used)) return true;
            if (_fills >= MostFills) return false;

            if (used?.FromGit is { } refused) await _git.RejectAsync(_url, refused, cancellationToken).ConfigureAwait(false);
            _fills++;
            var found = await _git.FillAsync(_url, cancellationToken).ConfigureAwait(false);
            if (found is null || found == used?.FromGit) return false;

            _current = HttpCredential.Basic(found.User, found.Password, "Git's credential helper", found);
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The server took what was sent: Git's helpers may keep it.</summary>
    public async Task AcceptedAsync(HttpCredential? used, CancellationToken cancellationToken)
    {
        if (used?.FromGit is not { } credential || ReferenceEquals(Interlocked.Exchange(ref _approved, credential), credential)) return;
        await _git.ApproveAsync(_url, credential, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The server refused what was sent, and there is nothing else: Git's helpers had better forget it.</summary>
    public async Task RefusedAsync(HttpCredential? used, CancellationToken cancellationToken)
    {
        if (used?.FromGit is { } credential) await _git.RejectAsync(_url, credential, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _turn.Dispose();

    private string Required(string name) =>
        _variable(name) is { Length: > 0 } value && value.Trim() is { Length: > 0 } trimmed ? trimmed : throw StorageErrors.HttpVariableNotSet(_url.ToString(), name);
}

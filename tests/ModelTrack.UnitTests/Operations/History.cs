using ModelTrack.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations;

/// <summary>A developer's machine whose models have versions in Git.</summary>
internal sealed class History : IDisposable
{
    private readonly Team _team = new();

    public History(bool remote = true)
    {
        Machine = _team.NewMachine("ada", remote: remote);
        Git("config", "user.name", "Ada Tester");
        Git("config", "user.email", "ada@example.org");
        Git("config", "commit.gpgSign", "false");
    }

    public Machine Machine { get; }

    public CapturingLog Log { get; private set; } = new();

    public string Git(params string[] arguments) => GitSandbox.Run(Machine.Project, arguments);

    /// <summary>Saves these contents, commits all and tags it.</summary>
    public async Task<History> VersionAsync(string tag, params (string Name, string Text)[] contents)
    {
        foreach (var (name, text) in contents)
        {
            Machine.Write(name, text);
            await Machine.SucceedAsync(Machine.SaveAsync(name.Split('/')[0]));
        }

        GitSandbox.CommitAll(Machine.Project, $"version {tag}");
        Git("tag", tag);
        return this;
    }

    public RepositoryOptions Options => new(Machine.Project, Machine.Project) { StorePath = Machine.Store, Remote = _team.Remote };

    public Task<OperationResult> CheckoutAsync(string? revision, bool force = false)
    {
        Log = new CapturingLog();
        return CheckoutOperation.RunAsync(Options with { Revision = revision, Force = force }, Log, CancellationToken.None);
    }

    public Task<OperationResult> CheckoutArtifactsAsync(string revision, params string[] artifacts)
    {
        Log = new CapturingLog();
        return ArtifactCheckoutOperation.RunAsync([], Machine.Options with { Artifacts = artifacts }, revision, Log, CancellationToken.None);
    }

    public Task<OperationResult> CommitAsync(string? message, string? tag = null)
    {
        Log = new CapturingLog();
        return CommitOperation.RunAsync(Options with { Message = message, Tag = tag }, Log, CancellationToken.None);
    }

    public Task<OperationResult> DiffAsync(string? revision, params string[] items)
    {
        Log = new CapturingLog();
        return DiffOperation.RunAsync([.. items.Select(Machine.Item)], Machine.Options, revision, Log, CancellationToken.None);
    }

    public Task<OperationResult> LogAsync(string? revision, params string[] items)
    {
        Log = new CapturingLog();
        return LogOperation.RunAsync([.. items.Select(Machine.Item)], Machine.Options, revision, Log, CancellationToken.None);
    }

    public void Dispose() => _team.Dispose();
}

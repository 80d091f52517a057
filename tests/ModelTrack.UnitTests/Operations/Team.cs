using System.Security.Cryptography;
using ModelTrack.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations;

/// <summary>A folder with a shared remote and machines, each with a store and a clone of its own.</summary>
internal sealed class Team : IDisposable
{
    private readonly TempFolder _folder = new();

    public string Remote => _folder["remote"];

    public Machine NewMachine(string name, bool git = true, bool remote = true) => new(this, _folder[name], git, remote ? Remote : null);

    public void Dispose()
    {
        foreach (var path in Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories))
        {
            File.SetAttributes(path, FileAttributes.Normal);
        }

        _folder.Dispose();
    }
}

/// <summary>One developer's machine: a project in a Git repository, and a store.</summary>
internal sealed class Machine
{
    private readonly string? _remote;

    public Machine(Team team, string path, bool git, string? remote)
    {
        Team = team;
        Project = Path.Combine(path, "project");
        Store = Path.Combine(path, "store");
        _remote = remote;
        Directory.CreateDirectory(Project);
        if (git) GitSandbox.Init(Project);
    }

    public Team Team { get; }

    public string Project { get; }

    public string Store { get; }

    public CapturingLog Log { get; private set; } = new();

    public string PathOf(string name) => Path.Combine(Project, name);

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
    }

    public void Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllBytes(PathOf(name), bytes);
    }

    public string Read(string name) => File.ReadAllText(PathOf(name));

    public string ReadPointer(string name) => Read(name + ".track");

    /// <summary>As a `git pull` would: the other machine's pointer.</summary>
    public void TakePointer(string name, Machine from)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.Copy(from.PathOf(name) + ".track", PathOf(name) + ".track", overwrite: true);
    }

    public TrackedArtifact Item(string name) => new() { FullPath = PathOf(name), DisplayName = name, Listed = true };

    public OperationOptions Options => new()
    {
        ProjectDirectory = Project,
        ProjectFile = Path.Combine(Project, "p.csproj"),
        IntermediateDirectory = Path.Combine(Project, "obj"),
        StorePath = Store,
        DefaultRemote = _remote,
    };

    public Task<OperationResult> RestoreAsync(string name, Func<OperationOptions, OperationOptions>? with = null) => RunAsync(RestoreOperation.RunAsync, name, with);

    public Task<OperationResult> SaveAsync(string name, Func<OperationOptions, OperationOptions>? with = null) => RunAsync(SaveOperation.RunAsync, name, with);

    public Task<OperationResult> PushAsync(string name, Func<OperationOptions, OperationOptions>? with = null) => RunAsync(PushOperation.RunAsync, name, with);

    public Task<OperationResult> FetchAsync(string name, Func<OperationOptions, OperationOptions>? with = null) => RunAsync(FetchOperation.RunAsync, name, with);

    public Task<OperationResult> VerifyAsync(string name, Func<OperationOptions, OperationOptions>? with = null) => RunAsync(VerifyOperation.RunAsync, name, with);

    /// <summary>The status word of one artifact.</summary>
    public async Task<string> StatusAsync(string name) => (await RunAsync(StatusOperation.RunAsync, name, null)).Artifacts.Single().Status;

    /// <summary>Restore, then save, then push, as a build does.</summary>
    public async Task BuildAsync(string name, Func<OperationOptions, OperationOptions>? with = null)
    {
        await SucceedAsync(RestoreAsync(name, with));
        await SucceedAsync(SaveAsync(name, with));
        if (_remote is not null) await SucceedAsync(PushAsync(name, with));
    }

    public async Task<OperationResult> SucceedAsync(Task<OperationResult> verb)
    {
        var result = await verb;
        Assert.IsTrue(result.Succeeded, Log.ToString());
        return result;
    }

    /// <summary>Runs a verb that must fail, and gives the code of its only error.</summary>
    public async Task<string> FailAsync(Task<OperationResult> verb)
    {
        var result = await verb;
        Assert.IsFalse(result.Succeeded, Log.ToString());
        return Log.Errors.Single().Code;
    }

    public static string Sha256Of(string text) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    public delegate Task<OperationResult> Verb(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, Diagnostics.IOperationLog log, CancellationToken cancellationToken);

    public Task<OperationResult> RunAsync(Verb verb, string name, Func<OperationOptions, OperationOptions>? with)
    {
        Log = new CapturingLog();
        return verb([Item(name)], with?.Invoke(Options) ?? Options, Log, CancellationToken.None);
    }
}

namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>
/// A copy of this program with the assemblies that the package holds: compiled ahead of time, the AWS SDK's too. What a verb takes in a process
/// of its own is then what it takes in a build, and not the JIT's time.
/// </summary>
internal sealed class VerbHost : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modeltrack-host-").FullName;

    public string Program => Path.Combine(_folder, Path.GetFileName(Environment.ProcessPath!));

    public static async Task<VerbHost> CreateAsync()
    {
        var host = new VerbHost();
        var tasks = Path.Combine(Root, "src", "ModelTrack.Build.Tasks");
        await Shell.RunAsync(Root, new Dictionary<string, string?>(), "dotnet", "build", tasks, "-c", "Release", "-t:ModelTrackGetTaskFiles", "-v:q");
        await Shell.BashAsync($"cp -r '{AppContext.BaseDirectory}/.' '{host._folder}' && cp '{tasks}'/obj/Release/linux-x64/*.dll '{host._folder}'");
        return host;
    }

    /// <summary>The repository that this program was built from.</summary>
    public static string Root
    {
        get
        {
            var directory = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(directory, "ModelTrack.Build.sln")))
            {
                directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("Run it from inside the repository.");
            }

            return directory;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

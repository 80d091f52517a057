namespace ModelTrack.Quickstart.Story;

/// <summary>
/// The folder in which the story happens: a package feed, what the team shares, and a folder for each machine. Nothing leaks in
/// from the folders above, and nothing out of it: each machine has its own store, and packages are unpacked here.
/// </summary>
internal sealed class Stage
{
    public const string LogName = "log.txt";
    private const string Marker = "made-by-the-quickstart.txt";

    private readonly string _assets;

    private Stage(string folder, string assets, string startedIn, string packageVersion, CancellationToken cancellation)
    {
        (Folder, _assets, StartedIn, PackageVersion) = (folder, assets, startedIn, packageVersion);
        Commands = new CommandRunner(this, cancellation);
    }

    public string Folder { get; }

    /// <summary>Where whoever started the Quickstart is.</summary>
    public string StartedIn { get; }

    public string PackageVersion { get; }

    public CommandRunner Commands { get; }

    public string FeedFolder => Path.Combine(Folder, "feed");

    /// <summary>The Git repository that the team pushes to.</summary>
    public string TeamRepository => Path.Combine(Folder, "team", "home-assistant.git");

    /// <summary>The folder that the app's ModelTrackRemote names.</summary>
    public string TeamModels => Path.Combine(Folder, "team", "models");

    public string GitConfiguration => Path.Combine(Folder, "gitconfig");

    public string LogFile => Path.Combine(Folder, LogName);

    public string MoreSentences => Path.Combine(_assets, "more-sentences.csv");

    public static Stage Prepare(string folder, string feed, string assets, string startedIn, CancellationToken cancellation)
    {
        Clear(folder);
        var package = Directory.GetFiles(feed, "ModelTrack.Sdk.*.nupkg").Single();
        var version = Path.GetFileNameWithoutExtension(package)["ModelTrack.Sdk.".Length..];
        var stage = new Stage(folder, assets, startedIn, version, cancellation);

        Directory.CreateDirectory(stage.FeedFolder);
        File.Copy(package, Path.Combine(stage.FeedFolder, Path.GetFileName(package)));
        stage.Write(Marker, "The next run of the Quickstart deletes this folder, because it finds this file here.\n");
        stage.Write("nuget.config", """
            <configuration>
              <config>
                <add key="globalPackagesFolder" value="packages" />
              </config>
              <packageSources>
                <clear />
                <add key="quickstart" value="feed" />
              </packageSources>
            </configuration>
            """);
        stage.Write("gitconfig", """
            [user]
              name = A developer
              email = developer@example.com
            [init]
              defaultBranch = main
            [advice]
              detachedHead = false
            """);
        // Ends MSBuild's search for files of these names in the folders above.
        stage.Write("Directory.Build.props", "<Project />");
        stage.Write("Directory.Build.targets", "<Project />");
        stage.Write("Directory.Packages.props", "<Project />");
        stage.Write("Directory.Build.rsp", "");
        stage.Write(".editorconfig", "root = true");
        return stage;
    }

    /// <summary>A machine is a folder whose projects use a store of their own, where a real one has it in the user's data folder.</summary>
    public string AddMachine(string name)
    {
        Write($"{name}/Directory.Build.props", """
            <Project>
              <PropertyGroup>
                <ModelTrackStorePath>$(MSBuildThisFileDirectory)store</ModelTrackStorePath>
              </PropertyGroup>
            </Project>
            """);
        return Path.Combine(Folder, name);
    }

    /// <summary>Puts the app into a new folder, with the version of the package that was just packed.</summary>
    public void CopyApp(string folder)
    {
        var app = Path.Combine(_assets, "app");
        var files = Directory.EnumerateFiles(app, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(app, file))
            .Where(file => file.Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj" or "models"));
        foreach (var file in files)
        {
            var target = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(app, file), target);
        }

        var project = Path.Combine(folder, "HomeAssistant.csproj");
        File.WriteAllText(project, File.ReadAllText(project).Replace(
            "Include=\"ModelTrack.Sdk\" Version=\"0.1.0\"", $"Include=\"ModelTrack.Sdk\" Version=\"{PackageVersion}\"", StringComparison.Ordinal));
    }

    private static void Clear(string folder)
    {
        if (!Directory.Exists(folder)) return;
        if (Directory.EnumerateFileSystemEntries(folder).Any() && !File.Exists(Path.Combine(folder, Marker)))
        {
            throw new NotAsToldException($"an empty folder at {folder}, or one that an earlier run has made", "there is something else in it");
        }

        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.IsReadOnly))
        {
            // Git's objects, which Windows would not delete.
            file.IsReadOnly = false;
        }

        Directory.Delete(folder, recursive: true);
    }

    private void Write(string path, string content)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
    }
}

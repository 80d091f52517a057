using System.Reflection;

namespace ModelTrack.BuildTests.Infra;

/// <summary>
/// What all tests of a run share: the packed package in a feed of its own, an empty package cache (else yesterday's package of the same
/// version would be tested), and the assets of the usual project, restored once.
/// </summary>
[TestClass]
public static class Scratch
{
    public const string PackageVersion = "0.1.0";

    private static readonly string s_compilationId = $"modeltrack-tests-{System.Environment.ProcessId}";

    public static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    public static string Configuration { get; } = Metadata("Configuration");

    /// <summary>Where the packages are that these tests themselves were built with.</summary>
    public static string PackagesOfTheseTests { get; } = Metadata("Packages");

    /// <summary>Deleted at the end of the run, but for folders of failed tests.</summary>
    public static string Root { get; } = Path.Combine(Path.GetTempPath(), $"mtb-{System.Environment.ProcessId}");

    public static string Feed => Path.Combine(Root, "feed");

    public static string PackageFile => Path.Combine(Feed, $"ModelTrack.Sdk.{PackageVersion}.nupkg");

    /// <summary>Where NuGet unpacked the package.</summary>
    public static string PackageFolder => Path.Combine(Root, "packages", "modeltrack.sdk", PackageVersion);

    /// <summary>One compiler server for the run; it ends with the run.</summary>
    public static string[] FastCompilation => ["-p:UseSharedCompilation=true", $"-p:SharedCompilationId={s_compilationId}"];

    /// <summary>Obj folder of a project App with a PackageReference, restored.</summary>
    public static string RestoredObj => Path.Combine(Root, "template", "obj");

    public static Dictionary<string, string?> Environment(string folder) => new()
    {
        ["NUGET_PACKAGES"] = Path.Combine(Root, "packages"),
        ["XDG_DATA_HOME"] = Path.Combine(folder, ".data"),
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        ["DOTNET_CLI_UI_LANGUAGE"] = "en",
        ["DOTNET_NOLOGO"] = "1",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["GIT_CONFIG_GLOBAL"] = Path.Combine(Root, "gitconfig"),
        ["GIT_CONFIG_SYSTEM"] = "/dev/null",
    };

    [AssemblyInitialize]
    public static void Prepare(TestContext context)
    {
        Directory.CreateDirectory(Root);
        File.WriteAllText(Path.Combine(Root, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="scratch" value="{Feed}" /></packageSources>
            </configuration>
            """);
        // Nothing from above gets in.
        foreach (var name in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
        {
            File.WriteAllText(Path.Combine(Root, name), "<Project />");
        }

        File.WriteAllText(Path.Combine(Root, ".editorconfig"), "root = true\n");
        File.WriteAllText(Path.Combine(Root, "gitconfig"), "[user]\nname = Ada\nemail = ada@example.com\n[init]\ndefaultBranch = main\n[gc]\nauto = 0\n");
        Command.Run("dotnet",
            ["pack", Path.Combine(RepositoryRoot, "src/ModelTrack.Sdk"), "--no-build", "--no-restore", "-c", Configuration, "-o", Feed, "-nologo", "-v:q"],
            RepositoryRoot, Environment(Root)).Succeeds();
        var template = Path.Combine(Root, "template");
        Directory.CreateDirectory(template);
        File.WriteAllText(Path.Combine(template, "App.csproj"), BuildFolder.AppProject());
        Command.Run("dotnet", ["restore", "-nologo", "-v:q"], template, Environment(template)).Succeeds();
        File.WriteAllText(Path.Combine(template, "m.onnx"), BuildFolder.ModelText);
        Command.Run("dotnet",
            ["msbuild", "-t:ModelTrackSave", "-p:ModelTrackArtifacts=m.onnx", "-nologo", "-v:q"], template, Environment(template)).Succeeds();
        Directory.Delete(Path.Combine(template, "obj", "modeltrack"), recursive: true);
    }

    [AssemblyCleanup]
    public static void Clean()
    {
        var sdk = Path.GetDirectoryName(Command.Run("dotnet", ["msbuild", "-getProperty:RoslynTargetsPath", "App.csproj"], Path.Combine(Root, "template"), Environment(Root)).Output.Trim());
        if (sdk is not null)
        {
            Command.Run(Path.Combine(sdk, "Roslyn", "bincore", "VBCSCompiler"), ["-shutdown", $"-pipename:{s_compilationId}"], Root, Environment(Root));
        }

        if (!Directory.EnumerateDirectories(Root, "failed-*").Any()) Directory.Delete(Root, recursive: true);
    }

    private static string Metadata(string name) =>
        typeof(Scratch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == name).Value!;
}

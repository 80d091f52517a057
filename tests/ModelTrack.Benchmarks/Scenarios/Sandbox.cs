using System.Security.Cryptography;

namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>A scratch folder with the packed SDK as its only package source.</summary>
internal sealed class Sandbox : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modeltrack-bench-").FullName;

    // What a build machine's or a developer's own environment switches off comes back: node reuse, compiler server.
    private readonly Dictionary<string, string?> _environment = new()
    {
        ["MSBUILDDISABLENODEREUSE"] = null,
        ["UseSharedCompilation"] = null,
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = null,
        ["CI"] = null,
    };

    public static async Task<Sandbox> CreateAsync()
    {
        var sandbox = new Sandbox();
        sandbox._environment["NUGET_PACKAGES"] = Path.Combine(sandbox._folder, "packages");
        var feed = Path.Combine(sandbox._folder, "feed");
        await Shell.RunAsync(VerbHost.Root, sandbox._environment, "dotnet", "pack", "src/ModelTrack.Sdk", "-c", "Release", "-o", feed);
        File.WriteAllText(
            Path.Combine(sandbox._folder, "nuget.config"),
            $"<configuration><packageSources><clear /><add key=\"feed\" value=\"{feed}\" /></packageSources></configuration>");
        foreach (var name in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
        {
            File.WriteAllText(Path.Combine(sandbox._folder, name), "<Project />");
        }

        return sandbox;
    }

    public string NewProject(string name, bool modelTrack, int files)
    {
        var project = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.Combine(project, "models"));
        var package = Directory.GetFiles(Path.Combine(_folder, "feed"), "ModelTrack.Sdk.*.nupkg").Single();
        var version = Path.GetFileNameWithoutExtension(package)["ModelTrack.Sdk.".Length..];
        var reference = modelTrack ? $"<PackageReference Include=\"ModelTrack.Sdk\" Version=\"{version}\" PrivateAssets=\"all\" />" : "";
        var item = modelTrack ? "TrackedArtifact" : "None";
        var models = string.Concat(Enumerable.Range(0, 5).Select(i => $"<{item} Include=\"models/m{i}.bin\" CopyToOutputDirectory=\"PreserveNewest\" />"));
        var data = files == 0 ? "" : modelTrack ? "<TrackedArtifact Include=\"data\" />" : "";
        File.WriteAllText(Path.Combine(project, "app.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <EnableDefaultNoneItems>{(modelTrack ? "true" : "false")}</EnableDefaultNoneItems>
                <ModelTrackStorePath>{Path.Combine(_folder, "store")}</ModelTrackStorePath>
                {(files > 0 && !modelTrack ? "<DefaultItemExcludes>$(DefaultItemExcludes);data/**</DefaultItemExcludes>" : "")}
              </PropertyGroup>
              <ItemGroup>{reference}{models}{data}</ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(project, "Program.cs"), "System.Console.WriteLine(1);");
        for (var i = 0; i < 5; i++)
        {
            File.WriteAllBytes(Path.Combine(project, "models", $"m{i}.bin"), RandomNumberGenerator.GetBytes(100_000));
        }

        for (var i = 0; i < files; i++)
        {
            var path = Path.Combine(project, "data", $"{i / 200:D3}", $"{i:D5}.txt");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, $"sample {i}");
        }

        // Both, since the SDK's own Source Link tasks do more in a repository.
        Shell.RunAsync(project, _environment, "git", "init", "-q").GetAwaiter().GetResult();
        return project;
    }

    public async Task<double> DotnetAsync(string project, params string[] arguments) => (await Shell.RunAsync(project, _environment, "dotnet", arguments)).Seconds;

    public Task<Shell.Result> GitAsync(string project, params string[] arguments) => Shell.RunAsync(project, _environment, "git", arguments);

    public void Dispose()
    {
        Shell.RunAsync(_folder, _environment, "dotnet", "build-server", "shutdown").GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }
}

using System.Globalization;
using System.Security.Cryptography;

namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>What ModelTrack adds to a build that has nothing to do: two copies of one project, with and without, built in turn.</summary>
internal static class NoOpBuild
{
    private const int DirectoryFiles = 20_000;

    public static Task<int> RunAsync(string[] args) => RunAsync("no-op build, 5 artifacts", args, directory: false);

    public static Task<int> RunWithDirectoryAsync(string[] args) => RunAsync("no-op build, a tracked directory of 20,000 files", args, directory: true);

    private static async Task<int> RunAsync(string title, string[] args, bool directory)
    {
        var pairs = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 60;
        using var sandbox = await Sandbox.CreateAsync();
        var with = sandbox.NewProject("with", modelTrack: true, directory ? DirectoryFiles : 0);
        var without = sandbox.NewProject("without", modelTrack: false, directory ? DirectoryFiles : 0);
        foreach (var project in (string[])[with, without])
        {
            // The second build sees what the first one left; the third one, with nothing young any more, is what is measured from.
            for (var i = 0; i < 3; i++)
            {
                await sandbox.DotnetAsync(project, "build");
                await Task.Delay(100);
            }
        }

        var a = new List<double>();
        var b = new List<double>();
        for (var i = 0; i < pairs; i++)
        {
            // Each goes first every other time, so that a drift of the machine favours none.
            if (i % 2 == 0) a.Add(await sandbox.DotnetAsync(with, "build"));
            b.Add(await sandbox.DotnetAsync(without, "build"));
            if (i % 2 == 1) a.Add(await sandbox.DotnetAsync(with, "build"));
        }

        var differences = a.Zip(b, (x, y) => x - y).ToList();
        var (low, high) = Statistics.MedianInterval(differences);
        var median = Statistics.Median(b);
        Console.WriteLine($"{title}: {pairs} pairs, dotnet build in a user's default environment");
        Console.WriteLine($"  with ModelTrack     median {Statistics.Seconds(Statistics.Median(a))} s");
        Console.WriteLine($"  without             median {Statistics.Seconds(median)} s");
        Console.WriteLine($"  median difference   {Statistics.Seconds(Statistics.Median(differences))} s, 95 % interval {Statistics.Seconds(low)} to {Statistics.Seconds(high)} s");
        Console.WriteLine($"  of the build        {Statistics.Percent(Statistics.Median(differences) / median)}, 95 % interval {Statistics.Percent(low / median)} to {Statistics.Percent(high / median)}");
        return 0;
    }

    /// <summary>A scratch folder with the packed SDK as its only package source.</summary>
    private sealed class Sandbox : IDisposable
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

        public async Task<double> DotnetAsync(string project, string verb) => (await Shell.RunAsync(project, _environment, "dotnet", verb)).Seconds;

        public void Dispose()
        {
            Shell.RunAsync(_folder, _environment, "dotnet", "build-server", "shutdown").GetAwaiter().GetResult();
            Directory.Delete(_folder, recursive: true);
        }
    }
}

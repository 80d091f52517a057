using System.Diagnostics;

namespace ModelTrack.Benchmarks.Chunking;

/// <summary>Edits of real models, made or fetched at run time in a temp folder; nothing of them is kept.</summary>
internal static class RealEdits
{
    /// <summary>The Quickstart's trainer, on its sentences and on those plus the ones that its story adds.</summary>
    public static async Task<Edit?> QuickstartAsync()
    {
        var quickstart = Find(Path.Combine("testassets", "Quickstart"));
        if (quickstart is null) return null;

        var folder = Directory.CreateTempSubdirectory("modeltrack-chunks-").FullName;
        try
        {
            var app = Path.Combine(quickstart, "app");
            await File.WriteAllTextAsync(Path.Combine(folder, "Trainer.csproj"), $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
                  <ItemGroup><Compile Include="{app}/Program.cs;{app}/Intents/*.cs;{app}/Training/*.cs" /></ItemGroup>
                </Project>
                """);
            await RunAsync(folder, "dotnet", "build", "-c", "Release", "-v:q", "-nologo", "-o", "out");
            var sentences = Path.Combine(folder, "sentences.csv");
            File.Copy(Path.Combine(app, "data", "intents.csv"), sentences);
            var versions = new List<byte[]>();
            foreach (var model in new[] { "v1.bin", "v2.bin" })
            {
                await RunAsync(folder, "dotnet", "out/Trainer.dll", "--train", sentences, model, "metrics.json");
                versions.Add(await File.ReadAllBytesAsync(Path.Combine(folder, model)));
                await File.AppendAllTextAsync(sentences, await File.ReadAllTextAsync(Path.Combine(quickstart, "more-sentences.csv")));
            }

            return new Edit("two trainings of the Quickstart's model", [versions[0]], [versions[1]]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>npm's @vladmandic/face-api: the weights of 1.0.1 lie in shards, those of 1.7.15 merged.</summary>
    public static async Task<Edit?> FaceApiAsync()
    {
        var folder = Directory.CreateTempSubdirectory("modeltrack-chunks-").FullName;
        try
        {
            var versions = new List<byte[][]>();
            foreach (var version in new[] { "1.0.1", "1.7.15" })
            {
                var place = Directory.CreateDirectory(Path.Combine(folder, version)).FullName;
                await RunAsync(place, "npm", "pack", "--silent", $"@vladmandic/face-api@{version}");
                await RunAsync(place, "tar", "xzf", Directory.GetFiles(place, "*.tgz").Single());
                var files = Directory.GetFiles(Path.Combine(place, "package", "model")).Order(StringComparer.Ordinal);
                versions.Add([.. files.Select(File.ReadAllBytes)]);
            }

            return new Edit("the shards of @vladmandic/face-api 1.0.1 merged in 1.7.15", versions[0], versions[1]);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Console.Error.WriteLine($"npm could not bring @vladmandic/face-api: {e.Message}");
            return null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? Find(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, relative);
            if (Directory.Exists(path)) return path;
        }

        return null;
    }

    private static async Task RunAsync(string folder, string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} gave {process.ExitCode}.\n{output}");
    }
}

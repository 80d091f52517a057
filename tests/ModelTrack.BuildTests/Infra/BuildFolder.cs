using System.Security.Cryptography;
using System.Text.Json;

namespace ModelTrack.BuildTests.Infra;

/// <summary>A folder of one test: its projects, its store, its repositories.</summary>
public sealed class BuildFolder
{
    private static int s_count;
    private int _builds;

    public BuildFolder()
    {
        // Short: Windows and sockets limit paths.
        Path = System.IO.Path.Combine(Scratch.Root, $"{Interlocked.Increment(ref s_count)}");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; private set; }

    public string this[string path] => System.IO.Path.Combine(Path, path);

    /// <summary>A small console program that refers to the package.</summary>
    public static string AppProject(string content = "", string properties = "", string references = "") => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <OutputType>Exe</OutputType>
            <ImplicitUsings>enable</ImplicitUsings>
            <UseAppHost>false</UseAppHost>
            {properties}
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="ModelTrack.Sdk" Version="{Scratch.PackageVersion}" PrivateAssets="all" />
            {references}
          </ItemGroup>
          {content}
        </Project>
        """;

    /// <summary>Writes App/App.csproj with its assets restored, so that a build needs no restore.</summary>
    public BuildFolder WithApp(string content = "", string properties = "", string folder = "App", string name = "App")
    {
        Write($"{folder}/{name}.csproj", AppProject(content, properties));
        Write($"{folder}/Program.cs", "Console.WriteLine(\"hello\");\n");
        Copy(Scratch.RestoredObj, this[$"{folder}/obj"]);
        foreach (var file in name == "App" ? [] : Directory.GetFiles(this[$"{folder}/obj"], "App.csproj.*"))
        {
            File.Move(file, file.Replace("App.csproj", $"{name}.csproj", StringComparison.Ordinal));
        }

        return this;
    }

    /// <summary>What the model of <see cref="WithStoredModel"/> holds.</summary>
    public const string ModelText = "the model of the tests";

    /// <summary>A pointer whose content is in this folder's store, and nowhere else: what a build has to restore.</summary>
    public BuildFolder WithStoredModel(string pointer)
    {
        Copy(System.IO.Path.Combine(Scratch.Root, "template", ".data"), this[".data"]);
        return Write(pointer, File.ReadAllText(System.IO.Path.Combine(Scratch.Root, "template", "m.onnx.track")));
    }

    public BuildFolder Write(string path, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[path])!);
        File.WriteAllText(this[path], content);
        return this;
    }

    public string Read(string path) => File.ReadAllText(this[path]);

    public bool Exists(string path) => File.Exists(this[path]);

    public string Sha256(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(this[path])));

    /// <summary>A pointer as a commit would have it, without its content anywhere.</summary>
    public BuildFolder WritePointer(string path, string content)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(content);
        return Write(path, $$"""
            {
              "modeltrack": 1,
              "kind": "file",
              "sha256": "{{Convert.ToHexStringLower(SHA256.HashData(bytes))}}",
              "size": {{bytes.Length}}
            }

            """.ReplaceLineEndings("\n"));
    }

    /// <summary>`dotnet build --no-restore` of App, with a binlog.</summary>
    public CommandResult Build(params string[] arguments) => Dotnet("App", ["build", "--no-restore", .. Scratch.FastCompilation, .. arguments]);

    /// <summary>Any command of dotnet that builds, in a folder of this one.</summary>
    public CommandResult Dotnet(string folder, params string[] arguments) => Dotnet(folder, arguments, new Dictionary<string, string?>());

    public CommandResult Dotnet(string folder, string[] arguments, Dictionary<string, string?> environment)
    {
        var binlog = this[$"build{++_builds}.binlog"];
        var all = Scratch.Environment(Path);
        foreach (var (name, value) in environment)
        {
            all[name] = value;
        }

        return Command.Run("dotnet", [.. arguments, $"-bl:{binlog};ProjectImports=None"], this[folder], all, binlog);
    }

    /// <summary>Evaluates App, runs no target: the JSON of -getItem and -getProperty.</summary>
    public JsonElement Evaluate(params string[] arguments)
    {
        var result = Command.Run("dotnet", ["msbuild", .. arguments], this["App"], Scratch.Environment(Path)).Succeeds();
        using var json = JsonDocument.Parse(result.Output);
        return json.RootElement.Clone();
    }

    public CommandResult Git(string folder, params string[] arguments)
    {
        Directory.CreateDirectory(this[folder]);
        return Command.Run("git", arguments, this[folder], Scratch.Environment(Path)).Succeeds();
    }

    /// <summary>Moves the folder aside for whoever looks into the failure.</summary>
    public void Keep(string name)
    {
        var kept = System.IO.Path.Combine(Scratch.Root, $"failed-{name}");
        if (!Directory.Exists(kept)) Directory.Move(Path, kept);
        Path = kept;
    }

    public void Delete() => Directory.Delete(Path, recursive: true);

    /// <summary>Read-only files too, such as a store's.</summary>
    public static void DeleteTree(string path)
    {
        foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.Normal);
        Directory.Delete(path, recursive: true);
    }

    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = System.IO.Path.Combine(to, System.IO.Path.GetRelativePath(from, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }
}

using System.Security.Cryptography;
using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests.Stories;

/// <summary>Plays a page of docs/stories with the assistant of testassets, in a folder that stands for the home of the page's hero.</summary>
public abstract class StoryTest : BuildTest
{
    protected StoryPage Open(string page, params string[] projects)
    {
        foreach (var project in projects) CopyAssistant(project);
        var environment = Scratch.Environment(Folder.Path);
        environment["UseSharedCompilation"] = "true";
        environment["SharedCompilationId"] = Scratch.FastCompilation[1].Split('=')[1];
        var home = Folder["home"];
        Directory.CreateDirectory(home);
        return new StoryPage(page, home, new Terminal(projects.Length == 1 ? Folder[$"home/{projects[0]}"] : home, environment, Folder["shell"]));
    }

    /// <summary>The SHA-256 that a pointer names, which its content and the copy in the output must have.</summary>
    protected string Model(string project, string artifact = "models/intents.bin")
    {
        var content = Folder.Sha256($"home/{project}/{artifact}");
        Assert.AreEqual(content, Pointed(project, artifact), "the pointer");
        Assert.AreEqual(content, Folder.Sha256($"home/{project}/bin/Debug/net10.0/{artifact}"), "the copy in the output");
        return content;
    }

    protected string Pointed(string project, string artifact = "models/intents.bin") => Pointed(Folder.Read($"home/{project}/{artifact}.track"));

    /// <summary>What a pointer at a revision of the project's repository names.</summary>
    protected string PointedAt(string project, string revision, string artifact = "models/intents.bin") =>
        Pointed(Folder.Git($"home/{project}", "show", $"{revision}:{artifact}.track").Output);

    protected static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    private static string Pointed(string pointer)
    {
        using var json = System.Text.Json.JsonDocument.Parse(pointer);
        return json.RootElement.GetProperty("sha256").GetString()!;
    }

    private void CopyAssistant(string project)
    {
        var from = Path.Combine(Scratch.RepositoryRoot, "testassets", "Assistant");
        foreach (var file in (string[])["Assistant.csproj", "Program.cs", ".gitignore", "data/intents.csv"])
        {
            var to = Folder[$"home/{project}/{file}"];
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Path.Combine(from, file), to);
        }
    }
}

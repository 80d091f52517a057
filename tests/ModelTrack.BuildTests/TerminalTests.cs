using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>What a person sees in a terminal; `script` of util-linux makes one.</summary>
[TestClass]
public sealed class TerminalTests : BuildTest
{
    private static readonly string[] s_projects = ["A", "B", "C", "D"];

    [TestMethod]
    [DataRow("-m:4 -tl:on")]
    [DataRow("-m:4 -tl:off")]
    [DataRow("-m:4 -tl:on -graph")]
    [DataRow("-m:4 -tl:on -mt")]
    public void A_terminal_shows_what_every_project_of_a_solution_restored(string mode)
    {
        SolutionOf(s_projects);

        var text = BuildInTerminal(mode);

        foreach (var project in s_projects) AssertSaidOnce($"restored {project}.onnx", text);
        Assert.IsEmpty(Spools(), "A file for this build's lines stayed.");
    }

    [TestMethod]
    public void A_terminal_shows_the_lines_of_worker_processes_that_an_earlier_build_left()
    {
        SolutionOf(s_projects);
        // They end by themselves after 15 minutes, or with this.
        var reuse = new Dictionary<string, string?> { ["MSBUILDDISABLENODEREUSE"] = "0", ["MSBUILDNODEHANDSHAKESALT"] = Folder.Path };
        try
        {
            BuildInTerminal("-m:4 -tl:on", reuse);
            foreach (var project in s_projects) File.Delete(Folder[$"{project}/{project}.onnx"]);

            var text = BuildInTerminal("-m:4 -tl:on", reuse);

            foreach (var project in s_projects) AssertSaidOnce($"restored {project}.onnx", text);
        }
        finally
        {
            Folder.Dotnet("", ["build-server", "shutdown", "--msbuild"], reuse);
        }
    }

    [TestMethod]
    public void A_terminal_shows_the_lines_of_worker_processes_where_its_own_process_builds_nothing_that_is_tracked()
    {
        SolutionOf("B", "C", "D");
        // MSBuild builds the first where the terminal is.
        Folder.Write("A/A.csproj", """
            <Project>
              <Target Name="Build"><Exec Command="sleep 5" /></Target>
              <Target Name="GetTargetFrameworks" />
            </Project>
            """);

        var text = BuildInTerminal("-m:4 -tl:on");

        foreach (var project in (string[])["B", "C", "D"]) AssertSaidOnce($"restored {project}.onnx", text);
    }

    [TestMethod]
    public void An_isolated_graph_build_in_a_terminal_shows_them_as_well()
    {
        SolutionOf(s_projects);

        var text = BuildInTerminal("-m:4 -tl:on -graph -isolate");

        foreach (var project in s_projects) AssertSaidOnce($"restored {project}.onnx", text);
    }

    private void SolutionOf(params string[] projects)
    {
        foreach (var project in projects)
        {
            Folder.WithApp($"""<ItemGroup><TrackedArtifact Include="{project}.onnx" /></ItemGroup>""", folder: project, name: project)
                .WithStoredModel($"{project}/{project}.onnx.track");
        }

        Folder.Write("All.slnx", $"<Solution>{string.Concat(s_projects.Select(p => $"<Project Path=\"{p}/{p}.csproj\" />"))}</Solution>");
    }

    private string BuildInTerminal(string mode, Dictionary<string, string?>? environment = null)
    {
        var all = Scratch.Environment(Folder.Path);
        all["TMPDIR"] = Directory.CreateDirectory(Folder["tmp"]).FullName;
        foreach (var (name, value) in environment ?? []) all[name] = value;
        return Command.Run(
            "script", ["-qec", $"dotnet build All.slnx --no-restore -nologo {mode} {string.Join(' ', Scratch.FastCompilation)}", "/dev/null"], Folder.Path, all).Succeeds().Text;
    }

    private string[] Spools() => Directory.GetFiles(Folder["tmp"], "*.tmp");

    private static void AssertSaidOnce(string line, string text)
    {
        var said = text.IndexOf(line, StringComparison.Ordinal);
        Assert.IsGreaterThan(0, said, $"'{line}' is not in\n{text}");
        Assert.AreEqual(said, text.LastIndexOf(line, StringComparison.Ordinal), $"Said twice: {text}");
    }
}

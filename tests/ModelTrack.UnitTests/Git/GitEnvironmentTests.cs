using System.Text;
using ModelTrack.Git;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Git;

/// <summary>What a Git hook hands on to a build changes no answer. Sets the process's environment, so it runs alone.</summary>
[TestClass]
[DoNotParallelize]
public sealed class GitEnvironmentTests
{
    [TestMethod]
    [DataRow("GIT_LITERAL_PATHSPECS", "1")]
    [DataRow("GIT_NOGLOB_PATHSPECS", "1")]
    [DataRow("GIT_GLOB_PATHSPECS", "1")]
    [DataRow("GIT_ICASE_PATHSPECS", "1")]
    [DataRow("GIT_DIR", "OTHER/.git")]
    [DataRow("GIT_COMMON_DIR", "OTHER/.git")]
    [DataRow("GIT_OBJECT_DIRECTORY", "OTHER/.git/objects")]
    [DataRow("GIT_INDEX_FILE", "OTHER/.git/index")]
    [DataRow("GIT_SHALLOW_FILE", "OTHER/tip")]
    [DataRow("GIT_GRAFT_FILE", "OTHER/tip")]
    public async Task Every_version_is_found_whatever_a_hook_inherited(string variable, string value)
    {
        using var folder = new TempFolder();
        folder.Write("r/models/m.onnx.track", "one");
        folder.Write("r/models/M.TRACK", "of another name");
        GitSandbox.Init(folder["r"]);
        GitSandbox.CommitAll(folder["r"], "one");
        folder.Write("r/models/m.onnx.track", "two");
        GitSandbox.CommitAll(folder["r"], "two");
        GitSandbox.Run(folder["r"], "reflog", "expire", "--expire=now", "--all");
        folder.Write("r/models/m.onnx.track", "staged");
        GitSandbox.Run(folder["r"], "add", "-A");
        folder.Write("other/a.track", "other");
        GitSandbox.Init(folder["other"]);
        GitSandbox.CommitAll(folder["other"], "other");
        folder.Write("other/tip", GitSandbox.Run(folder["r"], "rev-parse", "HEAD") + "\n");

        var before = Environment.GetEnvironmentVariable(variable);
        Environment.SetEnvironmentVariable(variable, value.Replace("OTHER", folder["other"], StringComparison.Ordinal));
        try
        {
            var texts = (await new PointerHistory(folder["r"]).ReadAsync(["*.track"], default)).Texts;
            CollectionAssert.AreEquivalent(new[] { "one", "two", "staged" }, texts.Select(Encoding.UTF8.GetString).ToArray());
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, before);
        }
    }
}

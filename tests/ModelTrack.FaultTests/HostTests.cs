using ModelTrack.FaultTests.Support;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>The host itself: a test that kills the wrong thing proves nothing.</summary>
[TestClass]
public sealed class HostTests
{
    [TestMethod]
    public async Task An_unknown_verb_is_a_bug_and_not_a_coded_failure()
    {
        using var team = new Team();
        var outcome = await HostProcess.RunAsync(team.NewMachine("ada"), "dance");
        Assert.AreEqual(2, outcome.ExitCode, outcome.ToString());
        StringAssert.Contains(outcome.Output, "begin dance", StringComparison.Ordinal);
    }
}

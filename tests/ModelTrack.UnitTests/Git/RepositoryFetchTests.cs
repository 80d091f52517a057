using System.Globalization;
using ModelTrack.Content;
using ModelTrack.Git;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Git;

/// <summary>Two runs fetch into one clone at once, and runs that died left what they fetched.</summary>
[TestClass]
public sealed class RepositoryFetchTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Clone => _folder["clone"];

    [TestInitialize]
    public void MakeClone()
    {
        _folder.Write("origin/readme", "one");
        GitSandbox.Init(_folder["origin"]);
        GitSandbox.CommitAll(_folder["origin"], "one");
        GitSandbox.Run(_folder.Path, "clone", "-q", _folder["origin"], Clone);
    }

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task The_first_to_end_leaves_what_the_other_still_reads()
    {
        await using var other = await FetchAsync();
        var first = await FetchAsync();
        Assert.HasCount(2, Refs());
        await first.DisposeAsync();
        Assert.HasCount(1, Refs());
        await other.DisposeAsync();
        Assert.IsEmpty(Refs());
    }

    [TestMethod]
    public async Task What_dead_runs_left_goes_and_what_living_ones_have_stays()
    {
        var mark = ProcessMark.Parse(ProcessMark.NewName())!;
        var today = DateTime.UtcNow.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var dead = mark with { Id = 4_000_000 };
        var elsewhere = mark with { Host = "elsewhere-1" };
        string[] stay = [$"{mark.NewName(99)}/20200101/origin/heads/main", $"{elsewhere.NewName(1)}/{today}/origin/heads/main"];
        string[] go = [$"{dead.NewName(1)}/{today}/origin/heads/main", $"{elsewhere.NewName(2)}/20200101/origin/heads/main", "origin/heads/main"];
        foreach (var name in stay.Concat(go)) GitSandbox.Run(Clone, "update-ref", "refs/modeltrack/gc/" + name, "HEAD");

        await (await FetchAsync()).DisposeAsync();

        CollectionAssert.AreEquivalent(stay.Select(name => "refs/modeltrack/gc/" + name).ToArray(), Refs());
    }

    private async Task<RepositoryFetch> FetchAsync()
    {
        var fetch = new RepositoryFetch(Clone);
        await fetch.FetchAsync((await fetch.RemotesAsync(default)).Single(), default);
        return fetch;
    }

    private string[] Refs() => GitSandbox.Run(Clone, "for-each-ref", "--format=%(refname)", "refs/modeltrack").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

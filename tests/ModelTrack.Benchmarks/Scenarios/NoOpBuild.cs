using System.Globalization;

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
}

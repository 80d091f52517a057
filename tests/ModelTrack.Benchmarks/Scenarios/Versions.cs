using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>How long it takes to look back and to go back, as a user waits for it: whole `dotnet build` commands.</summary>
internal static class Versions
{
    private const int Artifacts = 5;
    private static readonly string[] s_help = ["build", "--no-restore", "-t:ModelTrackHelp"];

    /// <summary>ModelTrackLog over many commits, beside a verb that does nothing and Git's own log of the same files.</summary>
    public static async Task<int> RunLogAsync(string[] args)
    {
        var commits = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1000;
        const int runs = 7;
        foreach (var all in (bool[])[false, true])
        {
            using var sandbox = await Sandbox.CreateAsync();
            var project = sandbox.NewProject("log", modelTrack: true, 0);
            await sandbox.DotnetAsync(project, "build");
            await WriteHistoryAsync(sandbox, project, commits, all);
            string[] log = ["build", "--no-restore", "-t:ModelTrackLog"];
            await sandbox.DotnetAsync(project, log);

            var times = new List<double>();
            var help = new List<double>();
            var git = new List<double>();
            for (var i = 0; i < runs; i++)
            {
                times.Add(await sandbox.DotnetAsync(project, log));
                help.Add(await sandbox.DotnetAsync(project, s_help));
                git.Add((await sandbox.GitAsync(project, "log", "--full-history", "-c", "--raw", "--no-abbrev", "--", "models/*.track")).Seconds);
            }

            Console.WriteLine($"{commits} commits, {Artifacts} artifacts, {(all ? "all" : "one")} changed by each: {(all ? Artifacts * commits : commits)} versions; medians of {runs}");
            Console.WriteLine($"  dotnet build -t:ModelTrackLog    {Statistics.Seconds(Statistics.Median(times))} s");
            Console.WriteLine($"  dotnet build -t:ModelTrackHelp   {Statistics.Seconds(Statistics.Median(help))} s");
            Console.WriteLine($"  git log --raw                    {Statistics.Seconds(Statistics.Median(git))} s");
        }

        return 0;
    }

    /// <summary>ModelTrackCheckout to and fro between two versions that the store has, of small models and of a large one, beside cp of the large one.</summary>
    public static async Task<int> RunCheckoutAsync(string[] args)
    {
        var megabytes = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 2048;
        const int runs = 5;
        foreach (var size in (int[])[0, megabytes])
        {
            using var sandbox = await Sandbox.CreateAsync();
            var project = sandbox.NewProject("checkout", modelTrack: true, 0);
            var model = Path.Combine(project, "models", "m0.bin");
            File.WriteAllText(Path.Combine(project, ".gitignore"), "bin/\nobj/\n");
            foreach (var version in (string[])["v1", "v2"])
            {
                await FillAsync(model, Math.Max(100_000, size * 1024L * 1024));
                await sandbox.DotnetAsync(project, "build");
                await sandbox.GitAsync(project, "add", "-A");
                await sandbox.GitAsync(project, "-c", "user.name=Bench", "-c", "user.email=bench@example.com", "commit", "-qm", version);
                await sandbox.GitAsync(project, "tag", version);
            }

            var times = new List<double>();
            var help = new List<double>();
            var copies = new List<double>();
            for (var i = 0; i < runs; i++)
            {
                times.Add(await sandbox.DotnetAsync(project, "build", "--no-restore", "-t:ModelTrackCheckout", $"-p:ModelTrackRevision={(i % 2 == 0 ? "v1" : "v2")}"));
                help.Add(await sandbox.DotnetAsync(project, s_help));
                copies.Add((await Shell.BashAsync($"cp --reflink=auto '{model}' '{model}.copy'; sync '{model}.copy'; rm '{model}.copy'")).Seconds);
            }

            Console.WriteLine($"a model of {(size == 0 ? "100 KB" : $"{size} MB")}, each of two versions in the store; medians of {runs}");
            Console.WriteLine($"  dotnet build -t:ModelTrackCheckout   {Statistics.Seconds(Statistics.Median(times))} s");
            Console.WriteLine($"  dotnet build -t:ModelTrackHelp       {Statistics.Seconds(Statistics.Median(help))} s");
            Console.WriteLine($"  cp, sync                             {Statistics.Seconds(Statistics.Median(copies))} s");
        }

        return 0;
    }

    /// <summary>On top of nothing: commits that change pointers in turn, or all at once, with metrics; a tag on every hundredth.</summary>
    private static async Task WriteHistoryAsync(Sandbox sandbox, string project, int commits, bool all)
    {
        var script = new StringBuilder();
        for (var commit = 0; commit < commits; commit++)
        {
            var message = $"Train {commit}";
            script.Append(CultureInfo.InvariantCulture, $"commit refs/heads/main\nmark :{commit + 1}\ncommitter Bench <bench@example.com> {1_700_000_000 + (commit * 600)} +0000\ndata {message.Length}\n{message}\n");
            for (var i = 0; i < Artifacts; i++)
            {
                if (!all && commit > 0 && commit % Artifacts != i) continue;
                var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"{commit} {i}")));
                var pointer = string.Create(CultureInfo.InvariantCulture, $$"""
                    {
                      "modeltrack": 1,
                      "kind": "file",
                      "sha256": "{{hash}}",
                      "size": {{1_000_000 + commit}},
                      "metrics": {
                        "accuracy": 0.{{commit:D4}}
                      }
                    }

                    """);
                script.Append(CultureInfo.InvariantCulture, $"M 100644 inline models/m{i}.bin.track\ndata {pointer.Length}\n{pointer}\n");
            }

            if (commit % 100 == 0) script.Append(CultureInfo.InvariantCulture, $"reset refs/tags/night-{commit}\nfrom :{commit + 1}\n\n");
        }

        var file = Path.Combine(project, "obj", "history");
        await File.WriteAllTextAsync(file, script.ToString());
        await Shell.BashAsync($"cd '{project}'; git fast-import --quiet < '{file}'; git symbolic-ref HEAD refs/heads/main; git reset -q");
    }

    private static async Task FillAsync(string file, long size)
    {
        await using var stream = File.Create(file);
        for (var left = size; left > 0; left -= 1024 * 1024)
        {
            await stream.WriteAsync(RandomNumberGenerator.GetBytes((int)Math.Min(left, 1024 * 1024)));
        }
    }
}

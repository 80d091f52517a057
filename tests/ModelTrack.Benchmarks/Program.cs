using ModelTrack.Benchmarks.Chunking;
using ModelTrack.Benchmarks.Scenarios;

// A benchmark by name; without one, what there is. Run it from a Release build:
//   dotnet run -c Release --project tests/ModelTrack.Benchmarks -- NAME [ARGUMENTS]
var benchmarks = new Dictionary<string, (string What, Func<string[], Task<int>> Run)>
{
    ["noop-build"] = ("a build that has nothing to do, with ModelTrack and without, in pairs [PAIRS]", NoOpBuild.RunAsync),
    ["noop-directory"] = ("the same with a tracked directory of 20,000 files [PAIRS]", NoOpBuild.RunWithDirectoryAsync),
    ["content"] = ("save, push, fetch and restore of 500 MB and of 20,000 files, beside sha256sum, cp and tar [RUNS]", ContentScenarios.RunAsync),
    ["memory"] = ("peak memory of each verb, 256 MB and 1 GB", ContentScenarios.RunMemoryAsync),
    ["peers"] = ("the same steps by ModelTrack, restic, rclone, awscli, git-lfs and curl against one S3 server [RUNS] [file many most versions link]", PeerScenarios.RunAsync),
    ["log"] = ("ModelTrackLog over 1,000 commits with 5 artifacts [COMMITS]", Versions.RunLogAsync),
    ["checkout"] = ("ModelTrackCheckout between two versions in the store, beside cp [MEGABYTES]", Versions.RunCheckoutAsync),
    ["chunk-sizes"] = ("bytes to send for real edits, by the size of chunks [OLD NEW]", ChunkSizes.RunAsync),
    ["codecs"] = ("size and rate of the codecs that frames may have", Codecs.RunAsync),
    ["inner"] = ("rates of hashing, cutting, packing and looking up, by BenchmarkDotNet", InnerParts.RunAsync),
    ["verb"] = ("one verb in a process of its own; the scenarios call it", VerbProcess.RunAsync),
};

if (args.Length > 0 && benchmarks.TryGetValue(args[0], out var benchmark))
{
    return await benchmark.Run(args[1..]);
}

foreach (var (name, (what, _)) in benchmarks)
{
    Console.WriteLine($"{name,-16} {what}");
}

return args.Length == 0 ? 0 : 1;

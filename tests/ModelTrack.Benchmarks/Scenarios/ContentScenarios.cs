using System.Globalization;
using System.Security.Cryptography;

namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>
/// Whole verbs over large and over many files, beside what the system's own tools need for a comparable part. Each verb runs in a process of its own,
/// just-in-time compilation included; rows alternate within a run.
/// </summary>
internal static class ContentScenarios
{
    private const string Model = "model.bin";
    private const string Data = "data";

    public static async Task<int> RunAsync(string[] args)
    {
        var runs = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5;
        await OneFileAsync(runs, 500);
        await ManyFilesAsync(runs, 20_000);
        return 0;
    }

    public static async Task<int> RunMemoryAsync(string[] args)
    {
        Console.WriteLine("| verb | 256 MB | 1 GB | slope, bytes per MB |");
        Console.WriteLine("|---|---|---|---|");
        var small = await PeaksAsync(256);
        var large = await PeaksAsync(1024);
        foreach (var (verb, peak) in small)
        {
            var slope = (large[verb] - peak) * 1e6 / (1024 - 256);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {verb} | {peak:F0} MB | {large[verb]:F0} MB | {slope:F0} |"));
        }

        return 0;
    }

    private static async Task OneFileAsync(int runs, int megabytes)
    {
        var table = new Table($"One file of {megabytes} MB");
        for (var run = 0; run < runs; run++)
        {
            using var place = new Place();
            WriteRandom(place.Content(Model), megabytes);
            await table.AddAsync("sha256sum + cp + sync", Shell.BashAsync($"sha256sum '{place.Content(Model)}'; cp '{place.Content(Model)}' '{place.Root}/copy'; sync '{place.Root}/copy'"));
            File.Delete(place.Root + "/copy");
            await table.AddAsync("save, first", place.RunAsync("save", Model));
            File.SetLastWriteTimeUtc(place.Content(Model), DateTime.UtcNow.AddSeconds(-5));
            await table.AddAsync("save, touched but equal", place.RunAsync("save", Model));
            await table.AddAsync("save, nothing to do", place.RunAsync("save", Model));
            await table.AddAsync("cp to a folder + sync", Shell.BashAsync($"cp '{place.Content(Model)}' '{place.Root}/copy'; sync '{place.Root}/copy'"));
            File.Delete(place.Root + "/copy");
            await table.AddAsync("push, first", place.RunAsync("push", Model));
            await table.AddAsync("push, nothing to do", place.RunAsync("push", Model));
            ChangeOneByte(place.Content(Model), megabytes);
            await table.AddAsync("save, one byte changed", place.RunAsync("save", Model));
            await table.AddAsync("push, one byte changed", place.RunAsync("push", Model));
            File.Delete(place.Content(Model));
            await table.AddAsync("restore from the store", place.RunAsync("restore", Model));
            File.Delete(place.Content(Model));
            Directory.Delete(place.Store, recursive: true);
            await table.AddAsync("restore from the remote", place.RunAsync("restore", Model));
            await table.AddAsync("cp + sha256sum", Shell.BashAsync($"cp '{place.Content(Model)}' '{place.Root}/copy'; sha256sum '{place.Root}/copy'"));
        }

        table.Print();
    }

    private static async Task ManyFilesAsync(int runs, int files)
    {
        var table = new Table($"{files} files of 1 KB in one directory artifact");
        for (var run = 0; run < runs; run++)
        {
            using var place = new Place();
            WriteSmallFiles(place.Content(Data), files);
            await table.AddAsync("sha256sum + cp -r + sync", Shell.BashAsync($"cd '{place.Content(Data)}'; find . -type f | xargs sha256sum; cp -r . '{place.Root}/copy'; sync"));
            Directory.Delete(place.Root + "/copy", recursive: true);
            await table.AddAsync("save, first", place.RunAsync("save", Data));
            await Task.Delay(2000);
            await table.AddAsync("save, once more", place.RunAsync("save", Data));
            await table.AddAsync("save, nothing to do", place.RunAsync("save", Data));
            await table.AddAsync("push, first", place.RunAsync("push", Data));
            await table.AddAsync("push, nothing to do", place.RunAsync("push", Data));
            await File.WriteAllTextAsync(Path.Combine(place.Content(Data), "one-more"), "new");
            await table.AddAsync("save, one file added", place.RunAsync("save", Data));
            await table.AddAsync("push, one file added", place.RunAsync("push", Data));
            Directory.Delete(place.Content(Data), recursive: true);
            await table.AddAsync("restore from the store", place.RunAsync("restore", Data));
            Directory.Delete(place.Content(Data), recursive: true);
            Directory.Delete(place.Store, recursive: true);
            await table.AddAsync("restore from the remote", place.RunAsync("restore", Data));
            await table.AddAsync("tar through a file, there and back", Shell.BashAsync($"cd '{place.Project}'; tar cf '{place.Root}/t.tar' {Data}; mkdir '{place.Root}/out'; tar xf '{place.Root}/t.tar' -C '{place.Root}/out'"));
        }

        table.Print();
    }

    private static async Task<Dictionary<string, double>> PeaksAsync(int megabytes)
    {
        using var place = new Place();
        var peaks = new Dictionary<string, double>();
        WriteRandom(place.Content(Model), megabytes);
        foreach (var verb in (string[])["save", "push", "fetch", "restore"])
        {
            if (verb == "fetch") Directory.Delete(place.Store, recursive: true);
            if (verb == "restore") File.Delete(place.Content(Model));
            peaks[verb] = (await place.RunAsync(verb, Model)).Megabytes;
        }

        return peaks;
    }

    private static void WriteRandom(string path, int megabytes)
    {
        using var file = File.Create(path);
        for (var i = 0; i < megabytes; i++)
        {
            file.Write(RandomNumberGenerator.GetBytes(1_000_000));
        }
    }

    internal static void WriteSmallFiles(string folder, int files)
    {
        for (var i = 0; i < files; i++)
        {
            var path = Path.Combine(folder, $"{i / 200:D3}", $"{i:D5}.json");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var values = string.Join(", ", Enumerable.Range(0, 50).Select(j => ((i * 7919 + j * 104729) % 100_000 / 1e5).ToString("F5", CultureInfo.InvariantCulture)));
            File.WriteAllText(path, $"{{ \"id\": {i}, \"label\": \"class-{i % 10}\", \"embedding\": [{values}], \"text\": \"{Guid.NewGuid()} {Guid.NewGuid()}\" }}".PadRight(1024));
        }
    }

    private static void ChangeOneByte(string path, int megabytes)
    {
        using var file = File.Open(path, FileMode.Open);
        file.Position = megabytes * 500_000L;
        var present = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(present + 1));
    }

    /// <summary>A project, a store and a remote, empty each time.</summary>
    private sealed class Place : IDisposable
    {
        public Place() => Directory.CreateDirectory(Project);

        public string Root { get; } = Directory.CreateTempSubdirectory("modeltrack-bench-").FullName;

        public string Project => Path.Combine(Root, "project");

        public string Store => Path.Combine(Root, "store");

        public string Content(string name) => Path.Combine(Project, name);

        public Task<VerbProcess.Figures> RunAsync(string verb, string artifact) =>
            VerbProcess.StartAsync(verb, Project, Store, Path.Combine(Root, "remote"), artifact);

        public void Dispose()
        {
            foreach (var path in Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories))
            {
                File.SetAttributes(path, FileAttributes.Normal);
            }

            Directory.Delete(Root, recursive: true);
        }
    }

    private sealed class Table(string title)
    {
        private readonly List<string> _order = [];
        private readonly Dictionary<string, List<double>> _seconds = [];

        public async Task AddAsync(string row, Task<VerbProcess.Figures> work) => Add(row, (await work).Seconds);

        public async Task AddAsync(string row, Task<Shell.Result> work) => Add(row, (await work).Seconds);

        public void Print()
        {
            Console.WriteLine($"\n{title}\n\n| step | median s | least | most |\n|---|---|---|---|");
            foreach (var row in _order)
            {
                var values = _seconds[row];
                Console.WriteLine($"| {row} | {Statistics.Seconds(Statistics.Median(values))} | {Statistics.Seconds(values.Min())} | {Statistics.Seconds(values.Max())} |");
            }
        }

        private void Add(string row, double seconds)
        {
            if (!_seconds.TryGetValue(row, out var values))
            {
                _seconds.Add(row, values = []);
                _order.Add(row);
            }

            values.Add(seconds);
        }
    }
}

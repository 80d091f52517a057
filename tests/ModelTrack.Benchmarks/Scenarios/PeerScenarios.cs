using System.Globalization;
using System.Security.Cryptography;

namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>
/// Whole steps of ModelTrack beside the tools that do the same, against one S3 server in one run: each command a process of its own, its start included,
/// tools in turn. `peers [RUNS] [file|many|versions|link ...]`.
/// </summary>
internal static class PeerScenarios
{
    private static string s_verb = "";

    public static async Task<int> RunAsync(string[] args)
    {
        var runs = args.Length > 0 && int.TryParse(args[0], CultureInfo.InvariantCulture, out var number) ? number : 3;
        var parts = args.Where(a => !int.TryParse(a, out _)).ToHashSet();
        using var host = await VerbHost.CreateAsync();
        s_verb = host.Program;
        if (Wanted("file")) await FileAsync(runs, "One file of 500 MB", 500, slowLink: false, [.. Peer.All, Peer.Curl]);
        if (Wanted("many")) await ManyAsync(runs, 20_000, Peer.All);
        // Two of them make a request for each file; a run of theirs takes minutes.
        if (Wanted("most")) await ManyAsync(1, 100_000, Peer.All);
        if (Wanted("versions")) await VersionsAsync(runs);
        if (Wanted("link"))
        {
            var remote = Peer.All.Where(p => !p.Name.StartsWith("git-lfs", StringComparison.Ordinal));
            await FileAsync(runs, "One file of 100 MB over a link of 200 Mbit/s and 20 ms", 100, slowLink: true, [.. remote, Peer.Curl]);
        }

        return 0;

        bool Wanted(string part) => parts.Count == 0 || parts.Contains(part);
    }

    private static async Task FileAsync(int runs, string title, int megabytes, bool slowLink, IReadOnlyList<Peer> peers)
    {
        var table = new PeerTable(title);
        for (var run = 0; run < runs; run++)
        {
            foreach (var peer in peers)
            {
                await using var place = await PeerPlace.CreateAsync(slowLink);
                WriteRandom(Path.Combine(place.Source, "model.bin"), megabytes);
                await place.RunAsync(peer.Setup);
                table.Add(peer, "first push", await place.RunAsync(peer.Push));
                if (peer != Peer.Curl) table.Add(peer, "push, nothing new", await place.RunAsync(peer.Push));
                await place.RunAsync(peer.Follow);
                await PullAsync(table, place, peer, "pull to an empty machine", peer.Pull, "model.bin");
                if (peer == Peer.Curl) continue;

                ChangeOneByte(Path.Combine(place.Source, "model.bin"), megabytes);
                table.Add(peer, "push, one byte changed", await place.RunAsync(peer.Push));
                await place.RunAsync(peer.Follow);
                await PullAsync(table, place, peer, "pull of the change", peer.Update, "model.bin");
            }
        }

        table.Print();
    }

    private static async Task ManyAsync(int runs, int files, IReadOnlyList<Peer> peers)
    {
        var table = new PeerTable(string.Create(CultureInfo.InvariantCulture, $"{files} files of 1 KB"));
        for (var run = 0; run < runs; run++)
        {
            foreach (var peer in peers)
            {
                await using var place = await PeerPlace.CreateAsync(slowLink: false);
                ContentScenarios.WriteSmallFiles(place.Source, files);
                await place.RunAsync(peer.Setup);
                table.Add(peer, "first push", await place.RunAsync(peer.Push));
                table.Add(peer, "push, nothing new", await place.RunAsync(peer.Push));
                await place.RunAsync(peer.Follow);
                await PullAsync(table, place, peer, "pull to an empty machine", peer.Pull, "000/00000.json");
                await File.WriteAllTextAsync(Path.Combine(place.Source, "one-more"), "new");
                table.Add(peer, "push, one file added", await place.RunAsync(peer.Push));
            }
        }

        table.Print();
    }

    /// <summary>Fifty versions of a model of 40 MB, a tenth of it new in each. Tools that keep each version whole pull the last like the first.</summary>
    private static async Task VersionsAsync(int runs)
    {
        const int Megabytes = 40, Versions = 50;
        var table = new PeerTable("Fifty versions of 40 MB, a tenth of it new in each");
        for (var run = 0; run < runs; run++)
        {
            foreach (var peer in Peer.All.Where(p => p.Name is "ModelTrack" or "restic"))
            {
                await using var place = await PeerPlace.CreateAsync(slowLink: false);
                var model = Path.Combine(place.Source, "model.bin");
                WriteRandom(model, Megabytes);
                await place.RunAsync(peer.Setup);
                for (var version = 1; version <= Versions; version++)
                {
                    if (version > 1) Retrain(model, Megabytes, version);
                    var pushed = await place.RunAsync(peer.Push);
                    if (version is not (1 or Versions)) continue;

                    table.Add(peer, $"push of version {version}", pushed);
                    await place.RunAsync("rm -rf $OUT $OTHER && mkdir -p $OUT $OTHER");
                    await place.RunAsync(peer.Follow);
                    await PullAsync(table, place, peer, $"pull of version {version} to an empty machine", peer.Pull, "model.bin");
                }
            }
        }

        table.Print();
    }

    /// <summary>Pulls, and proves that what came is what was pushed.</summary>
    private static async Task PullAsync(PeerTable table, PeerPlace place, Peer peer, string row, string command, string sample)
    {
        var pull = await place.RunAsync(command);
        table.Add(peer, row, pull);
        if (!peer.Verifies)
        {
            var check = await place.RunAsync("find $OUT -type f | xargs -d '\\n' sha256sum > /dev/null; sync -f $OUT");
            table.Add(peer with { Name = peer.Name + " + sha256sum + sync" }, row, pull + check);
        }

        var found = Directory.EnumerateFiles(place.Out, Path.GetFileName(sample), SearchOption.AllDirectories).First(path => path.EndsWith(sample, StringComparison.Ordinal));
        if (!SHA256.HashData(File.ReadAllBytes(found)).SequenceEqual(SHA256.HashData(File.ReadAllBytes(Path.Combine(place.Source, sample)))))
        {
            throw new InvalidOperationException($"{peer.Name} pulled another {sample} than was pushed.");
        }
    }

    private static void WriteRandom(string path, int megabytes)
    {
        using var file = File.Create(path);
        for (var i = 0; i < megabytes; i++) file.Write(RandomNumberGenerator.GetBytes(1_000_000));
    }

    private static void ChangeOneByte(string path, int megabytes)
    {
        using var file = File.Open(path, FileMode.Open);
        file.Position = megabytes * 500_000L;
        var present = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(present + 1));
    }

    /// <summary>Another tenth each time, in one piece, as when a layer was trained on.</summary>
    private static void Retrain(string path, int megabytes, int version)
    {
        using var file = File.Open(path, FileMode.Open);
        file.Position = version % 10 * (megabytes * 100_000L);
        file.Write(RandomNumberGenerator.GetBytes(megabytes * 100_000));
    }

    /// <summary>Two machines of one run: folders, and a server of their own, which keeps what it gets in memory.</summary>
    private sealed class PeerPlace : IAsyncDisposable
    {
        private readonly string _root = Directory.CreateTempSubdirectory("modeltrack-peers-").FullName;
        private readonly ObjectStore _server;
        private readonly SlowLink? _link;
        private readonly Dictionary<string, string?> _environment;

        private PeerPlace(ObjectStore server, SlowLink? link)
        {
            (_server, _link) = (server, link);
            Directory.CreateDirectory(Source);
            Directory.CreateDirectory(Out);
            var id = Path.GetFileName(_root);
            var url = ObjectStore.Endpoint(link?.Port ?? server.Port);
            _environment = new Dictionary<string, string?>(server.Environment)
            {
                ["SRC"] = Source,
                ["OUT"] = Out,
                ["MINE"] = Path.Combine(_root, "mine"),
                ["OTHER"] = Path.Combine(_root, "other"),
                ["HOME"] = Path.Combine(_root, "home"),
                ["ID"] = id,
                ["URL"] = url,
                ["VERB"] = s_verb,
                ["AWS_ENDPOINT_URL_S3"] = url,
                // Of no use for plain HTTP, and rclone stumbles over it.
                ["AWS_CA_BUNDLE"] = null,
                ["AWS_REQUEST_CHECKSUM_CALCULATION"] = "WHEN_REQUIRED",
                ["RESTIC_REPOSITORY"] = $"s3:{url}/{ObjectStore.Bucket}/{id}/restic",
                ["RESTIC_PASSWORD"] = "bench",
                ["RCLONE_CONFIG_R_TYPE"] = "s3",
                ["RCLONE_CONFIG_R_PROVIDER"] = "Ceph",
                ["RCLONE_CONFIG_R_ENV_AUTH"] = "true",
                ["RCLONE_CONFIG_R_ENDPOINT"] = url,
                ["RCLONE_S3_NO_CHECK_BUCKET"] = "true",
                ["GIT_CONFIG_GLOBAL"] = Path.Combine(_root, "gitconfig"),
            };
            foreach (var folder in (string[])["mine", "other", "home"]) Directory.CreateDirectory(Path.Combine(_root, folder));
            File.WriteAllText(Path.Combine(_root, "gitconfig"), "[filter \"lfs\"]\n\tclean = git-lfs clean -- %f\n\tsmudge = git-lfs smudge -- %f\n\tprocess = git-lfs filter-process\n\trequired = true\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n");
        }

        public static async Task<PeerPlace> CreateAsync(bool slowLink)
        {
            var server = await ObjectStore.StartAsync();
            return new PeerPlace(server, slowLink ? new SlowLink(server.Port, TimeSpan.FromMilliseconds(20), 200e6 / 8) : null);
        }

        public string Source => Path.Combine(_root, "source");

        public string Out => Path.Combine(_root, "out");

        public async Task<double> RunAsync(string command) => (await Shell.RunAsync(_root, _environment, "bash", "-euc", command)).Seconds;

        public async ValueTask DisposeAsync()
        {
            if (_link is not null) await _link.DisposeAsync();
            await _server.DisposeAsync();
            // What Git and restic keep is not writable.
            await Shell.RunAsync(Path.GetTempPath(), _environment, "bash", "-c", "chmod -R u+w \"$1\"; rm -rf \"$1\"", "bash", _root);
        }
    }

    private sealed class PeerTable(string title)
    {
        private readonly List<string> _rows = [];
        private readonly List<string> _columns = [];
        private readonly Dictionary<(string Row, string Column), List<double>> _seconds = [];

        public void Add(Peer peer, string row, double seconds)
        {
            if (!_rows.Contains(row)) _rows.Add(row);
            if (!_columns.Contains(peer.Name)) _columns.Add(peer.Name);
            if (!_seconds.TryGetValue((row, peer.Name), out var values)) _seconds.Add((row, peer.Name), values = []);
            values.Add(seconds);
            // A long run that fails late has still said something.
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{title} | {row} | {peer.Name}: {seconds:F2}"));
        }

        public void Print()
        {
            Console.WriteLine($"\n{title}: median seconds (times ModelTrack's)\n\n| step | {string.Join(" | ", _columns)} |\n|---|{string.Concat(_columns.Select(_ => "--:|"))}");
            foreach (var row in _rows)
            {
                var ours = Statistics.Median(_seconds[(row, _columns[0])]);
                Console.WriteLine($"| {row} | " + string.Join(" | ", _columns.Select(column => !_seconds.TryGetValue((row, column), out var values) ? ""
                    : column == _columns[0] ? ours.ToString("F2", CultureInfo.InvariantCulture)
                    : string.Create(CultureInfo.InvariantCulture, $"{Statistics.Median(values):F2} ({Statistics.Median(values) / ours:F1}x)"))) + " |");
            }
        }
    }
}

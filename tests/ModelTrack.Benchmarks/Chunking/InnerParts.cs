using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Benchmarks.Chunking;

/// <summary>The inner parts of saving, over bytes that the system has in memory. A rate is bytes by mean time.</summary>
public class InnerParts
{
    private const int Length = 256 << 20;
    private const int Packed = 8 << 20;
    private readonly byte[] _noise = new byte[Length];
    private readonly string _path = Path.GetTempFileName();
    private SafeFileHandle _file = null!;
    private LocationTable _table = null!;
    private Sha256Hash[] _hashes = [];

    public static Task<int> RunAsync(string[] args)
    {
        var config = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "modeltrack-benchmarks"))
            .WithSummaryStyle(SummaryStyle.Default)
            .AddColumn(StatisticColumn.Min)
            .HideColumns(Column.Error, Column.StdDev, Column.RatioSD);
        BenchmarkRunner.Run<InnerParts>(config, args);
        return Task.FromResult(0);
    }

    [GlobalSetup]
    public void Prepare()
    {
        new Random(1).NextBytes(_noise);
        File.WriteAllBytes(_path, _noise);
        _file = File.OpenHandle(_path);
        _hashes = [.. Enumerable.Range(0, 100_000).Select(i => Sha256Hash.Of(BitConverter.GetBytes(i)))];
        var pack = new PackEntry(_hashes[0], PackFormat.MaxSize);
        _table = LocationTable.Parse(LocationTable.Write([pack], _hashes.Select(h => new ChunkLocation(h, 1000, pack.Id, new FrameRef(16, 1000, 1000, 0), 0))), "index");
    }

    [GlobalCleanup]
    public void Remove()
    {
        _file.Dispose();
        File.Delete(_path);
    }

    [Benchmark(Description = "cut 256 MiB")]
    public int Cut() => ChunkCutter.Contents.Cut(_noise).Count;

    [Benchmark(Description = "SHA-256 of 256 MiB in memory", Baseline = true)]
    public Sha256Hash Sha256() => Sha256Hash.Of(_noise);

    [Benchmark(Description = "file of 256 MiB: SHA-256, XXH128")]
    public Task<ContentDigest> Hash() => ContentHasher.HashAsync(_file, default, null, null, CancellationToken.None);

    [Benchmark(Description = "file of 256 MiB: SHA-256, XXH128, chunks and their hashes")]
    public Task<ContentDigest> HashAndCut() => ContentHasher.HashAsync(_file, new HashOptions(Cut: true), null, null, CancellationToken.None);

    [Benchmark(Description = "file of 256 MiB: XXH128")]
    public Task<FastHash> Fast() => ContentHasher.Xxh128OfFileAsync(_file, null, CancellationToken.None).AsTask();

    [Benchmark(Description = "a pack of 8 MiB of noise in chunks of 32 KiB, without their hashes")]
    public Sha256Hash PackNoise()
    {
        using var writer = new PackWriter();
        for (var at = 0; at < Packed; at += 32 << 10) writer.TryAdd(_hashes[at >> 15], _noise.AsSpan(at, 32 << 10));
        return writer.Finish().Id;
    }

    [Benchmark(Description = "100,000 look-ups in an index of 100,000 chunks")]
    public int LookUp()
    {
        var found = 0;
        foreach (var hash in _hashes) found += _table.TryFind(hash, out _) ? 1 : 0;
        return found;
    }
}

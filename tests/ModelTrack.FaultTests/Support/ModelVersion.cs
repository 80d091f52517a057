using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests.Support;

/// <summary>What a file artifact and a directory artifact hold in one version: small and large files, nested, empty, executable.</summary>
internal sealed class ModelVersion
{
    public const string Model = "models/m.bin";
    public const string Data = "data/raw";

    private ModelVersion(int number, SortedDictionary<string, byte[]> files)
    {
        Number = number;
        Files = files;
    }

    public static IReadOnlyList<string> Artifacts { get; } = [Model, Data];

    public int Number { get; }

    /// <summary>Contents by path in the project.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; }

    public static string ExecutableFile => Data + "/tools/run.sh";

    /// <summary>Version 2 shares most of version 1, as a retrained model does: some files changed, one gone, one new, one moved.</summary>
    /// <param name="smallFiles">How many of the directory's files go to packs.</param>
    public static ModelVersion Of(int number, int smallFiles = 24, int seed = 1)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal)
        {
            [Model] = Edit(Bytes(seed, 400_000), number),
            [Data + "/large/a.bin"] = Edit(Bytes(seed + 1, 200_000), number),
            [Data + "/large/same.bin"] = Bytes(seed + 2, 100_000),
            [Data + "/empty.txt"] = [],
            [ExecutableFile] = "#!/bin/sh\n"u8.ToArray(),
            [Data + (number == 1 ? "/moved-from.json" : "/sub/moved-to.json")] = Bytes(seed + 3, 3000),
            [Data + $"/only-in-{number}.csv"] = Bytes(seed + 4 + number, 2000),
        };
        for (var i = 0; i < smallFiles; i++)
        {
            var content = Bytes(seed + 100 + i, 500 + (i * 37));
            files[$"{Data}/small/{i % 3}/s{i:000}.txt"] = i % 4 == 0 ? Edit(content, number) : content;
        }

        return new ModelVersion(number, files);
    }

    /// <summary>Makes the workspace this version, as a training run would: files of other versions go.</summary>
    public void WriteTo(Machine machine)
    {
        var data = machine.PathOf(Data);
        if (Directory.Exists(data)) Directory.Delete(data, recursive: true);
        foreach (var (path, content) in Files)
        {
            machine.Write(path, content);
        }

        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(machine.PathOf(ExecutableFile), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        // Half of it compresses, so that packs have frames of more than one codec.
        for (var i = 0; i < length / 2; i++) bytes[i] = (byte)('a' + (bytes[i] % 4));
        return bytes;
    }

    private static byte[] Edit(byte[] content, int number)
    {
        if (number == 1) return content;
        var edited = (byte[])content.Clone();
        for (var i = 0; i < 64; i++) edited[(content.Length / 3) + i] ^= (byte)number;
        return edited;
    }
}

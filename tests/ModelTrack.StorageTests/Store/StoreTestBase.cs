using System.Collections.Concurrent;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;

namespace ModelTrack.StorageTests.Store;

/// <summary>A scratch folder with a store in it, and the log of what the store said.</summary>
public abstract class StoreTestBase
{
    private protected string Root { get; } = Path.Combine(Path.GetTempPath(), "modeltrack-store-tests", Path.GetRandomFileName());

    private protected string StorePath => Path.Combine(Root, "store");

    private protected RecordingLog Log { get; } = new();

    public required TestContext TestContext { get; set; }

    private protected CancellationToken Token => TestContext.CancellationToken;

    [TestInitialize]
    public void MakeRoot() => Directory.CreateDirectory(Root);

    [TestCleanup]
    public void RemoveRoot()
    {
        if (!Directory.Exists(Root)) return;
        if (!OperatingSystem.IsWindows())
        {
            foreach (var folder in Directory.EnumerateDirectories(Root, "*", SearchOption.AllDirectories).Prepend(Root))
            {
                File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        Directory.Delete(Root, recursive: true);
    }

    private protected LocalStore Open() => LocalStore.Open(StorePath, Log);

    private protected string Write(string name, byte[] content)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    private protected async Task<ContentId> AddAsync(LocalStore store, byte[] content, string name = "source")
    {
        var digest = await store.AddFileAsync(Write(name, content), Token);
        return digest.Id;
    }

    private protected string EntryPath(ContentId id) => new StoreLayout(StorePath).File(id.Sha256);

    private protected string RecordPath(ContentId id) => new StoreLayout(StorePath).Record(id.Sha256);

    /// <summary>Everything in the store that is not a lock or the marker.</summary>
    private protected string[] Leftovers(string folder)
    {
        var path = Path.Combine(StorePath, folder);
        return Directory.Exists(path) ? Directory.GetFileSystemEntries(path) : [];
    }

    private protected static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private protected static ContentId IdOf(byte[] content) => new(Sha256Hash.Of(content), content.Length);

    /// <summary>Changes a byte without changing what a stat tells, to the nanosecond.</summary>
    private protected static void AlterSilently(string path, long at)
    {
        var reference = Path.GetTempFileName();
        CopyTime(path, reference);
        Unlock(path);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = at;
            var value = file.ReadByte();
            file.Position = at;
            file.WriteByte((byte)~value);
        }

        CopyTime(reference, path);
        File.Delete(reference);
    }

    private static void CopyTime(string from, string to)
    {
        if (!OperatingSystem.IsLinux())
        {
            File.SetLastWriteTimeUtc(to, File.GetLastWriteTimeUtc(from));
            return;
        }

        using var touch = System.Diagnostics.Process.Start("touch", ["-r", from, to]);
        touch.WaitForExit();
        Assert.AreEqual(0, touch.ExitCode);
    }

    private protected static void Unlock(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private protected static async Task<ModelTrackException> FailsAsync(string code, Func<Task> action)
    {
        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(action);
        Assert.AreEqual(code, error.Code, error.Message);
        return error;
    }
}

internal sealed class RecordingLog : IOperationLog
{
    public ConcurrentQueue<string> Reports { get; } = [];

    public ConcurrentQueue<string> Details { get; } = [];

    public ConcurrentQueue<Diagnostic> Warnings { get; } = [];

    public TransferProgress Progress { get; } = new();

    public IEnumerable<string> Codes => Warnings.Select(warning => warning.Code);

    public void Report(string line) => Reports.Enqueue(line);

    public void Detail(string line) => Details.Enqueue(line);

    public void Warn(Diagnostic warning) => Warnings.Enqueue(warning);

    public void Error(Diagnostic error) => Assert.Fail(error.ToString());
}

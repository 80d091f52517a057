using ModelTrack.Artifacts;

namespace ModelTrack.Operations.Pins;

/// <summary>modeltrack.lock.json beside a project: what its pins were found to name. Replaced whole or not at all.</summary>
internal sealed class PinLock
{
    public const string FileName = "modeltrack.lock.json";

    private readonly Dictionary<PinKey, PinEntry> _entries = [];

    private PinLock(string path) => Path = path;

    public string Path { get; }

    public IReadOnlyCollection<PinEntry> Entries => _entries.Values;

    public static string PathFor(string projectDirectory) => System.IO.Path.Combine(projectDirectory, FileName);

    /// <summary>Without entries where there is no file.</summary>
    public static PinLock Read(string projectDirectory)
    {
        var pinLock = new PinLock(PathFor(projectDirectory));
        foreach (var entry in ReadBytes(pinLock.Path) is { } bytes ? PinLockFormat.Parse(bytes, pinLock.Path) : [])
        {
            pinLock._entries.Add(entry.Key, entry);
        }

        return pinLock;
    }

    /// <summary>The file's bytes; null where there is none.</summary>
    public static byte[]? ReadBytes(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllBytes(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PinErrors.LockNotAccessible(exception, path).At(path);
        }
    }

    public PinEntry? Find(PinKey key) => _entries.GetValueOrDefault(key);

    public void Set(PinEntry entry) => _entries[entry.Key] = entry;

    /// <returns>Whether any was removed.</returns>
    public bool KeepOnly(IReadOnlySet<PinKey> keys)
    {
        var gone = _entries.Keys.Where(key => !keys.Contains(key)).ToList();
        gone.ForEach(key => _entries.Remove(key));
        return gone.Count > 0;
    }

    /// <summary>Only when the file does not say the same already, in whatever line endings; a lock file without entries goes.</summary>
    public void Write()
    {
        try
        {
            if (_entries.Count == 0) File.Delete(Path);
            else if (!SaysAlready()) AtomicFile.Write(Path, PinLockFormat.Write(_entries.Values), "pins.lock", flush: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PinErrors.LockNotAccessible(exception, Path).At(Path);
        }
    }

    private bool SaysAlready()
    {
        if (!File.Exists(Path)) return false;
        var there = Read(System.IO.Path.GetDirectoryName(Path)!);
        return there._entries.Count == _entries.Count && _entries.Values.All(entry => there.Find(entry.Key) == entry);
    }
}

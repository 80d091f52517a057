namespace ModelTrack.Tasks;

/// <summary>
/// Held by the build of the producing framework from before its producers run until it has saved. Builds of the project's other
/// frameworks run beside it and must not save a file that a producer is writing: they try the lock and never wait for it.
/// </summary>
internal sealed class ProducingLock : IDisposable
{
    private readonly FileStream _file;

    private ProducingLock(FileStream file) => _file = file;

    public static string KeyOf(string intermediateDirectory) => $"{typeof(ProducingLock).FullName}|{intermediateDirectory}";

    /// <summary>Null when another build has it.</summary>
    public static ProducingLock? TryTake(string intermediateDirectory)
    {
        var path = Path.Combine(intermediateDirectory, "modeltrack", "producing.lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new ProducingLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Waits for a save of another framework, which is short; not for ever, since a producer matters more than an order.</summary>
    public static async Task<ProducingLock?> TakeAsync(string intermediateDirectory, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < 600; attempt++)
        {
            if (TryTake(intermediateDirectory) is { } taken) return taken;
            await Task.Delay(50, cancellationToken).ConfigureAwait(false);
        }

        return null;
    }

    public void Dispose() => _file.Dispose();
}

using Microsoft.Win32.SafeHandles;

namespace ModelTrack.Artifacts;

/// <summary>The pointer as a file beside its content.</summary>
public static class PointerFile
{
    public const string Extension = ".track";

    /// <summary>The pointer's path of the content's.</summary>
    public static string PathFor(string contentPath) => contentPath + Extension;

    /// <summary>Null when no file is there.</summary>
    public static Pointer? Read(string path)
    {
        var bytes = ReadBytes(path);
        return bytes is null ? null : PointerFormat.Parse(bytes, path);
    }

    /// <inheritdoc cref="Read"/>
    public static async Task<Pointer?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var file = Open(path, out var length);
            var bytes = new byte[Checked(length, path)];
            var read = 0;
            for (int n; read < bytes.Length && (n = await RandomAccess.ReadAsync(file, bytes.AsMemory(read), read, cancellationToken).ConfigureAwait(false)) > 0;)
                read += n;
            return PointerFormat.Parse(bytes.AsSpan(0, read), path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ArtifactErrors.PointerNotReadable(e, path).At(path);
        }
    }

    /// <summary>Whole or not at all, and only when the file does not say the same already (in whatever line endings).</summary>
    /// <returns>Whether the file was written.</returns>
    public static bool Write(string path, Pointer pointer)
    {
        var bytes = PointerFormat.Write(pointer);
        if (SaysAlready(path, pointer)) return false;
        try
        {
            AtomicFile.Write(path, bytes, "pointer.write", flush: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ArtifactErrors.PointerNotWritable(e, path).At(path);
        }
    }

    private static bool SaysAlready(string path, Pointer pointer)
    {
        try
        {
            return Read(path) == pointer;
        }
        catch (Diagnostics.ModelTrackException)
        {
            // What cannot be read is replaced: whoever calls has decided what the pointer is to say.
            return false;
        }
    }

    private static byte[]? ReadBytes(string path)
    {
        try
        {
            using var file = Open(path, out var length);
            var bytes = new byte[Checked(length, path)];
            var read = 0;
            for (int n; read < bytes.Length && (n = RandomAccess.Read(file, bytes.AsSpan(read), read)) > 0;) read += n;
            return read == bytes.Length ? bytes : bytes[..read];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ArtifactErrors.PointerNotReadable(e, path).At(path);
        }
    }

    private static SafeFileHandle Open(string path, out long length)
    {
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        length = RandomAccess.GetLength(file);
        return file;
    }

    private static long Checked(long length, string path) =>
        length <= PointerFormat.MaxSize ? length : throw ArtifactErrors.PointerTooLarge(length).At(path);
}

using ModelTrack.Content;

namespace ModelTrack.Workspace.Ignore;

/// <summary>The patterns of one ignore file, in its order.</summary>
internal sealed record IgnoreFile(IReadOnlyList<IgnorePattern> Patterns)
{
    private const int MaxSize = 1024 * 1024;

    /// <summary>Null when no such file is there.</summary>
    public static IgnoreFile? Read(string path)
    {
        try
        {
            if (!FileStat.TryGet(path, out var stat) || stat.Kind is FileKind.Directory or FileKind.Other) return null;
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(file);
            if (length > MaxSize) throw IgnoreErrors.TooLarge(path, length, MaxSize);
            var bytes = new byte[length];
            var read = 0;
            for (int n; read < bytes.Length && (n = RandomAccess.Read(file, bytes.AsSpan(read), read)) > 0;) read += n;
            return Parse(bytes.AsSpan(0, read));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw IgnoreErrors.NotReadable(e, path);
        }
    }

    public static IgnoreFile Parse(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("\uFEFF"u8)) text = text[3..];
        var patterns = new List<IgnorePattern>();
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (line.EndsWith((byte)'\r')) line = line[..^1];
            if (IgnorePattern.Parse(line) is { } pattern) patterns.Add(pattern);
        }

        return new IgnoreFile(patterns);
    }
}

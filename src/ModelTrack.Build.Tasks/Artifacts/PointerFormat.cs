using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelTrack.Diagnostics;

namespace ModelTrack.Artifacts;

/// <summary>The text of a pointer. What is written has one form for each value; what is read is held to the letter.</summary>
public static class PointerFormat
{
    /// <summary>No pointer is larger; a larger file is refused by its length alone.</summary>
    public const int MaxSize = 1024 * 1024;

    internal const int Version = 1;

    /// <summary>How many objects and arrays may stand in each other, the pointer itself included.</summary>
    internal const int MaxDepth = 32;

    internal const string VersionKey = "modeltrack";
    internal const string KindKey = "kind";
    internal const string Sha256Key = "sha256";
    internal const string SizeKey = "size";
    internal const string FilesKey = "files";
    internal const string ExecutableKey = "executable";
    internal const string StageKey = "stage";
    internal const string MetricsKey = "metrics";
    internal const string SourceKey = "source";
    internal const string MetaKey = "meta";

    /// <summary>UTF-8, LF, two-space indent, keys in a fixed order, a final newline.</summary>
    /// <exception cref="ModelTrackException">What is told along (a metrics file's values, say) cannot stand in a pointer.</exception>
    public static byte[] Write(Pointer pointer)
    {
        ArgumentNullException.ThrowIfNull(pointer);
        if (pointer.Size < 0 || pointer.Files < 0) throw new ArgumentException("A content has no negative size.", nameof(pointer));
        if (pointer.Kind == ArtifactKind.Directory != pointer.Files.HasValue) throw new ArgumentException("A directory counts its files, a file none.", nameof(pointer));
        if (pointer.Kind == ArtifactKind.Directory && pointer.Executable) throw new ArgumentException("A directory is not executable.", nameof(pointer));

        var output = new ArrayBufferWriter<byte>(256);
        var head = string.Create(CultureInfo.InvariantCulture, $$"""
            {
              "{{VersionKey}}": {{Version}},
              "{{KindKey}}": "{{(pointer.Kind == ArtifactKind.Directory ? "directory" : "file")}}",
              "{{Sha256Key}}": "{{pointer.Sha256}}",
              "{{SizeKey}}": {{pointer.Size}}
            """);
        output.Write(Encoding.UTF8.GetBytes(head.ReplaceLineEndings("\n")));
        if (pointer.Files is { } files)
        {
            WriteKey(output, FilesKey);
            output.Write(Encoding.UTF8.GetBytes(files.ToString(CultureInfo.InvariantCulture)));
        }

        if (pointer.Executable)
        {
            WriteKey(output, ExecutableKey);
            output.Write("true"u8);
        }

        WriteValue(output, StageKey, pointer.Stage);
        WriteValue(output, MetricsKey, pointer.Metrics);
        WriteValue(output, SourceKey, pointer.Source);
        WriteValue(output, MetaKey, pointer.Meta);
        output.Write("\n}\n"u8);

        if (JsonText.IsThere(pointer.Stage) || JsonText.IsThere(pointer.Metrics) || JsonText.IsThere(pointer.Source) || JsonText.IsThere(pointer.Meta))
        {
            // Their values come from elsewhere: nothing is written that could not be read again.
            try
            {
                Parse(output.WrittenSpan, "");
            }
            catch (ModelTrackException e)
            {
                throw ArtifactErrors.CannotSay(e);
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <param name="file">The file to blame.</param>
    /// <exception cref="ModelTrackException">With line and column.</exception>
    public static Pointer Parse(ReadOnlySpan<byte> utf8, string file)
    {
        if (utf8.Length > MaxSize) throw ArtifactErrors.PointerTooLarge(utf8.Length).At(file);
        var text = utf8.StartsWith(Encoding.UTF8.Preamble) ? utf8[Encoding.UTF8.Preamble.Length..] : utf8;
        if (PointerConflict.Find(text, file) is { } conflict) throw conflict;
        return new PointerParser(text, file).Parse();
    }

    private static void WriteKey(ArrayBufferWriter<byte> output, string key) => output.Write(Encoding.UTF8.GetBytes($",\n  \"{key}\": "));

    private static void WriteValue(ArrayBufferWriter<byte> output, string key, JsonElement? value)
    {
        if (!JsonText.IsThere(value)) return;
        WriteKey(output, key);
        JsonText.Write(output, value!.Value, 1);
    }
}

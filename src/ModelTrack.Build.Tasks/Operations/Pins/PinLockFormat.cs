using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Git;

namespace ModelTrack.Operations.Pins;

/// <summary>The text of modeltrack.lock.json: one form for each set of entries; what is read is held to the letter.</summary>
internal static class PinLockFormat
{
    private const int Version = 1;
    private const int MaxSize = 4 * 1024 * 1024;
    private const string VersionKey = "modeltrackLock";
    private const string PinsKey = "pins";

    private static readonly string[] s_keys = ["path", "repository", "revision", "commit", "kind", "sha256", "size", "files", "executable"];

    /// <summary>UTF-8, LF, two-space indent, sorted entries with keys in a fixed order, a final newline.</summary>
    public static byte[] Write(IEnumerable<PinEntry> entries)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(output, options))
        {
            json.WriteStartObject();
            json.WriteNumber(VersionKey, Version);
            json.WriteStartArray(PinsKey);
            foreach (var entry in entries.OrderBy(e => e.Key))
            {
                json.WriteStartObject();
                json.WriteString("path", entry.Key.Path);
                if (entry.Key.Repository is { } repository) json.WriteString("repository", repository);
                if (entry.Key.Revision is { } revision) json.WriteString("revision", revision);
                json.WriteString("commit", entry.Commit);
                json.WriteString("kind", entry.Kind == ArtifactKind.Directory ? "directory" : "file");
                json.WriteString("sha256", entry.Sha256.ToString());
                json.WriteNumber("size", entry.Size);
                if (entry.Files is { } files) json.WriteNumber("files", files);
                if (entry.Executable) json.WriteBoolean("executable", true);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <param name="file">The file to blame.</param>
    /// <exception cref="Diagnostics.ModelTrackException">It is no lock file, or Git left its conflict markers in it.</exception>
    public static IReadOnlyList<PinEntry> Parse(ReadOnlyMemory<byte> utf8, string file)
    {
        if (utf8.Length > MaxSize) throw PinErrors.LockDamaged(file, $"it has {utf8.Length} bytes").At(file);
        if (utf8.Span.StartsWith(Encoding.UTF8.Preamble)) utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        RefuseConflict(utf8.Span, file);
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            return ParseRoot(document.RootElement, file);
        }
        catch (JsonException exception)
        {
            throw PinErrors.LockDamaged(file, "it is no JSON").At(file, (int)(exception.LineNumber ?? 0) + 1, (int)(exception.BytePositionInLine ?? 0) + 1);
        }
    }

    private static List<PinEntry> ParseRoot(JsonElement root, string file)
    {
        if (root.ValueKind != JsonValueKind.Object) throw Wrong("it is no JSON object");
        if (!root.TryGetProperty(VersionKey, out var version)) throw Wrong($"{VersionKey} is missing");
        if (version.GetRawText() != Version.ToString(CultureInfo.InvariantCulture)) throw Wrong($"{VersionKey} is {Shown.Text(version.GetRawText())}, and this version of ModelTrack reads {Version}");
        foreach (var property in root.EnumerateObject())
        {
            if (property.Name is not (VersionKey or PinsKey)) throw Wrong($"the key '{Shown.Text(property.Name)}' is unknown");
        }

        if (!root.TryGetProperty(PinsKey, out var pins) || pins.ValueKind != JsonValueKind.Array) throw Wrong($"{PinsKey} is no array");
        var entries = new List<PinEntry>(pins.GetArrayLength());
        var keys = new HashSet<PinKey>();
        foreach (var pin in pins.EnumerateArray())
        {
            var entry = ParseEntry(pin, why => Wrong($"entry {entries.Count + 1}: {why}"));
            if (!keys.Add(entry.Key)) throw Wrong($"{Shown.Text(entry.Key.ToString())} stands there twice");
            entries.Add(entry);
        }

        return entries;

        Diagnostics.ModelTrackException Wrong(string why) => PinErrors.LockDamaged(file, why).At(file);
    }

    private static PinEntry ParseEntry(JsonElement pin, Func<string, Diagnostics.ModelTrackException> wrong)
    {
        if (pin.ValueKind != JsonValueKind.Object) throw wrong("it is no JSON object");
        foreach (var property in pin.EnumerateObject())
        {
            if (!s_keys.Contains(property.Name)) throw wrong($"the key '{Shown.Text(property.Name)}' is unknown");
        }

        var key = new PinKey(Text("path") ?? throw wrong("path is missing"), Text("repository"), Text("revision"));
        if (key.Repository is null && key.Revision is null) throw wrong("it has neither revision nor repository");
        var commit = Text("commit");
        if (commit is null || !GitFetch.IsCommitId(commit)) throw wrong("commit is not the full name of a commit");
        var kind = Text("kind") switch { "file" => ArtifactKind.File, "directory" => ArtifactKind.Directory, _ => throw wrong("kind is neither file nor directory") };
        if (!Sha256Hash.TryParse(Text("sha256") ?? "", out var sha256)) throw wrong("sha256 is not 64 lower-case hexadecimal digits");
        var size = Number("size") ?? throw wrong("size is missing");
        var files = Number("files");
        if (files.HasValue != (kind == ArtifactKind.Directory) || files > int.MaxValue) throw wrong("files does not fit the kind");
        var executable = pin.TryGetProperty("executable", out var flag);
        if (executable && (flag.ValueKind != JsonValueKind.True || kind == ArtifactKind.Directory)) throw wrong("executable is not true");
        return new PinEntry(key, commit, kind, sha256, size, (int?)files, executable);

        string? Text(string name) => !pin.TryGetProperty(name, out var value) ? null
            : value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text
            : throw wrong($"{name} is no text");

        long? Number(string name) => !pin.TryGetProperty(name, out var value) ? null
            : value.ValueKind == JsonValueKind.Number && long.TryParse(value.GetRawText(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw wrong($"{name} is no whole number");
    }

    /// <summary>No JSON has a line that starts so.</summary>
    private static void RefuseConflict(ReadOnlySpan<byte> text, string file)
    {
        var line = 0;
        foreach (var range in text.Split((byte)'\n'))
        {
            line++;
            if (text[range].StartsWith("<<<<<<<"u8) || text[range].StartsWith(">>>>>>>"u8)) throw PinErrors.LockInConflict(file).At(file, line, 1);
        }
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Artifacts;

/// <summary>One reading of a pointer's text, with the place of whatever is wrong.</summary>
internal ref struct PointerParser
{
    private const string KnownKeys =
        $"{PointerFormat.VersionKey}, {PointerFormat.KindKey}, {PointerFormat.Sha256Key}, {PointerFormat.SizeKey}, {PointerFormat.FilesKey}, "
        + $"{PointerFormat.ExecutableKey}, {PointerFormat.StageKey}, {PointerFormat.MetricsKey}, {PointerFormat.SourceKey}, {PointerFormat.MetaKey}";

    // Our own limit speaks, not the reader's.
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = PointerFormat.MaxSize };

    private readonly ReadOnlySpan<byte> _text;
    private readonly string _file;
    private Utf8JsonReader _reader;

    public PointerParser(ReadOnlySpan<byte> text, string file)
    {
        _text = text;
        _file = file;
        _reader = new Utf8JsonReader(text, s_options);
    }

    public Pointer Parse()
    {
        var invalid = IndexOfInvalidUtf8(_text);
        if (invalid >= 0) throw At(ArtifactErrors.NotJson("These bytes are not UTF-8."), invalid);
        try
        {
            CheckVersion();
            _reader = new Utf8JsonReader(_text, s_options);
            return ParseObject();
        }
        catch (JsonException e)
        {
            // The reader's position follows its sentence, and would be said twice.
            var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            var offset = OffsetOfLine((int)(e.LineNumber ?? 0)) + (int)(e.BytePositionInLine ?? 0);
            throw At(ArtifactErrors.NotJson(end < 0 ? e.Message : e.Message[..end]), offset);
        }
    }

    /// <summary>First of all: of what a later version wrote, only that can be said.</summary>
    private void CheckVersion()
    {
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.StartObject) throw Here(ArtifactErrors.NotJson("A pointer is one JSON object."));
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var isVersion = Text() == PointerFormat.VersionKey;
            _reader.Read();
            if (!isVersion)
            {
                _reader.Skip();
                continue;
            }

            if (!TryGetExact(out var version) || version == 0) throw Here(ArtifactErrors.WrongValue(PointerFormat.VersionKey, $"the format's version, {PointerFormat.Version}"));
            if (version != PointerFormat.Version) throw Here(ArtifactErrors.NewerPointer(version.ToString(CultureInfo.InvariantCulture)));
            return;
        }
    }

    private Pointer ParseObject()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        ArtifactKind? kind = null;
        Sha256Hash? sha256 = null;
        long? size = null;
        int? files = null;
        var (filesAt, executableAt) = (0, 0);
        var executable = false;
        JsonElement? stage = null, metrics = null, source = null, meta = null;

        _reader.Read();
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = Text();
            if (!seen.Add(key)) throw Here(ArtifactErrors.DoubledKey(key));
            var keyAt = (int)_reader.TokenStartIndex;
            _reader.Read();
            switch (key)
            {
                case PointerFormat.VersionKey:
                    break;
                case PointerFormat.KindKey:
                    kind = (_reader.TokenType == JsonTokenType.String ? Text() : null) switch
                    {
                        "file" => ArtifactKind.File,
                        "directory" => ArtifactKind.Directory,
                        _ => throw Here(ArtifactErrors.WrongValue(key, "\"file\" or \"directory\"")),
                    };
                    break;
                case PointerFormat.Sha256Key:
                    if (_reader.TokenType != JsonTokenType.String || !Sha256Hash.TryParse(Text(), out var hash))
                        throw Here(ArtifactErrors.WrongValue(key, "a string of 64 lower-case hexadecimal digits"));
                    sha256 = hash;
                    break;
                case PointerFormat.SizeKey:
                    size = TryGetExact(out var bytes) ? bytes : throw Here(ArtifactErrors.WrongValue(key, "a whole number of bytes, in plain digits"));
                    break;
                case PointerFormat.FilesKey:
                    files = TryGetExact(out var count) && count <= int.MaxValue
                        ? (int)count
                        : throw Here(ArtifactErrors.WrongValue(key, "a number of files, in plain digits"));
                    filesAt = keyAt;
                    break;
                case PointerFormat.ExecutableKey:
                    executable = _reader.TokenType switch
                    {
                        JsonTokenType.True => true,
                        JsonTokenType.False => false,
                        _ => throw Here(ArtifactErrors.WrongValue(key, "true")),
                    };
                    executableAt = keyAt;
                    break;
                case PointerFormat.StageKey:
                    stage = Keep(key);
                    break;
                case PointerFormat.MetricsKey:
                    metrics = Keep(key);
                    break;
                case PointerFormat.SourceKey:
                    source = Keep(key);
                    break;
                case PointerFormat.MetaKey:
                    meta = Keep(key);
                    break;
                default:
                    throw At(ArtifactErrors.UnknownKey(key, KnownKeys), keyAt);
            }
        }

        var end = (int)_reader.TokenStartIndex;

        // Throws when anything follows.
        _reader.Read();
        if (!seen.Contains(PointerFormat.VersionKey)) throw At(ArtifactErrors.MissingKey(PointerFormat.VersionKey), end);
        if (kind is not { } k) throw At(ArtifactErrors.MissingKey(PointerFormat.KindKey), end);
        if (sha256 is not { } s) throw At(ArtifactErrors.MissingKey(PointerFormat.Sha256Key), end);
        if (size is not { } z) throw At(ArtifactErrors.MissingKey(PointerFormat.SizeKey), end);
        if (k == ArtifactKind.Directory)
        {
            if (files is null) throw At(ArtifactErrors.MissingKey(PointerFormat.FilesKey), end);
            if (seen.Contains(PointerFormat.ExecutableKey))
                throw At(ArtifactErrors.WrongValue(PointerFormat.ExecutableKey, "left out of a directory's pointer, whose listing says it of each file"), executableAt);
        }
        else if (files is not null)
        {
            throw At(ArtifactErrors.WrongValue(PointerFormat.FilesKey, "left out of a file's pointer"), filesAt);
        }

        return new Pointer(k, s, z, files, executable) { Stage = stage, Metrics = metrics, Source = source, Meta = meta };
    }

    /// <summary>An object whose text is kept; it is held to what holds for all JSON here, and to nothing else.</summary>
    private JsonElement Keep(string key)
    {
        if (_reader.TokenType != JsonTokenType.StartObject) throw Here(ArtifactErrors.WrongValue(key, "a JSON object"));
        var start = _reader;
        var names = new Stack<HashSet<string>?>();
        do
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    if (_reader.CurrentDepth >= PointerFormat.MaxDepth) throw Here(ArtifactErrors.TooDeep(PointerFormat.MaxDepth));
                    names.Push(_reader.TokenType == JsonTokenType.StartObject ? new HashSet<string>(StringComparer.Ordinal) : null);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    names.Pop();
                    break;
                case JsonTokenType.PropertyName:
                    var name = Text();
                    if (!names.Peek()!.Add(name)) throw Here(ArtifactErrors.DoubledKey(name));
                    break;
                case JsonTokenType.String when _reader.ValueIsEscaped:
                    Text();
                    break;
            }
        }
        while (names.Count > 0 && _reader.Read());
        return JsonElement.ParseValue(ref start);
    }

    /// <summary>Plain digits only: no sign, point or exponent.</summary>
    private readonly bool TryGetExact(out long value)
    {
        value = 0;
        return _reader.TokenType == JsonTokenType.Number
            && long.TryParse(_reader.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private readonly string Text()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Here(ArtifactErrors.NotJson("An escape sequence here is half of a character (a lone surrogate)."));
        }
    }

    private readonly ModelTrackException Here(ModelTrackException error) => At(error, (int)_reader.TokenStartIndex);

    private readonly ModelTrackException At(ModelTrackException error, int offset)
    {
        var before = _text[..Math.Min(offset, _text.Length)];
        var line = before.Count((byte)'\n') + 1;
        var start = before.LastIndexOf((byte)'\n') + 1;
        return error.At(_file, line, Encoding.UTF8.GetCharCount(before[start..]) + 1);
    }

    private readonly int OffsetOfLine(int line)
    {
        var offset = 0;
        for (; line > 0; line--)
        {
            var next = _text[offset..].IndexOf((byte)'\n');
            if (next < 0) break;
            offset += next + 1;
        }

        return offset;
    }

    private static int IndexOfInvalidUtf8(ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text)) return -1;
        var offset = 0;
        while (Rune.DecodeFromUtf8(text[offset..], out _, out var length) == System.Buffers.OperationStatus.Done) offset += length;
        return offset;
    }
}

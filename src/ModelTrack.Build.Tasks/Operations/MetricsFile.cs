using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace ModelTrack.Operations;

/// <summary>The JSON file whose numbers go into the pointer at save: names of nested objects joined by dots; texts, lists and the like are left out.</summary>
internal static class MetricsFile
{
    private const int MaxSize = 64 * 1024;

    /// <summary>Null when the artifact names none, and when the file has no number.</summary>
    public static JsonElement? Read(TrackedArtifact artifact)
    {
        if (artifact.MetricsFile is not { } path) return null;
        try
        {
            var bytes = ReadBytes(artifact, path);
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Numbers(document.RootElement, why => OperationErrors.MetricsUnreadable(artifact.DisplayName, path, why))
                : throw OperationErrors.MetricsUnreadable(artifact.DisplayName, path, $"it is a JSON {document.RootElement.ValueKind}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw OperationErrors.MetricsUnreadable(artifact.DisplayName, path, exception.Message);
        }
    }

    private static ReadOnlyMemory<byte> ReadBytes(TrackedArtifact artifact, string path)
    {
        var length = new FileInfo(path).Length;
        if (length > MaxSize) throw OperationErrors.MetricsUnreadable(artifact.DisplayName, path, $"it has {length} bytes");
        var bytes = File.ReadAllBytes(path);
        // Some writers begin with a byte order mark, which JSON's reader takes for a character.
        return bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes;
    }

    private static JsonElement? Numbers(JsonElement root, Func<string, Diagnostics.ModelTrackException> wrong)
    {
        var numbers = new List<(string Name, string Text)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        Add(root, "");
        if (numbers.Count == 0) return null;
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            foreach (var (name, text) in numbers)
            {
                json.WritePropertyName(name);
                json.WriteRawValue(text);
            }

            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(output.WrittenMemory);
        return document.RootElement.Clone();

        void Add(JsonElement parent, string prefix)
        {
            foreach (var property in parent.EnumerateObject())
            {
                var name = prefix + property.Name;
                if (property.Value.ValueKind == JsonValueKind.Object) Add(property.Value, name + ".");
                if (property.Value.ValueKind != JsonValueKind.Number) continue;
                var text = property.Value.GetRawText();
                if (!double.IsFinite(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture))) throw wrong($"'{name}' is a number that no program can hold");
                if (!names.Add(name)) throw wrong($"'{name}' stands there twice");
                numbers.Add((name, text));
            }
        }
    }
}

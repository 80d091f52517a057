using System.Text.Json;

namespace ModelTrack.Operations;

/// <summary>The JSON file whose values go into the pointer at save.</summary>
internal static class MetricsFile
{
    private const int MaxSize = 64 * 1024;

    /// <summary>Null when the artifact names none.</summary>
    public static JsonElement? Read(TrackedArtifact artifact)
    {
        if (artifact.MetricsFile is not { } path) return null;
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > MaxSize) throw OperationErrors.MetricsUnreadable(artifact.DisplayName, path, $"it has {file.Length} bytes");
            using var document = JsonDocument.Parse(file);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw OperationErrors.MetricsUnreadable(artifact.DisplayName, path, $"it is a JSON {document.RootElement.ValueKind}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw OperationErrors.MetricsUnreadable(artifact.DisplayName, path, exception.Message);
        }
    }
}

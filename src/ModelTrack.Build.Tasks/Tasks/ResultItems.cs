using System.Globalization;
using System.Text.Json;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>What a verb did, as items for a build and as JSON for a program.</summary>
internal static class ResultItems
{
    public static ITaskItem[] ToItems(OperationResult result) =>
        result.Rows is { } rows ? [.. rows.Select(ToItem)] : [.. result.Artifacts.Select(ToItem)];

    /// <summary>The file that ModelTrackReport names: the verb, whether it succeeded, and a row per artifact.</summary>
    public static void WriteReport(string file, string verb, OperationResult result)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var stream = File.Create(file);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("verb", verb);
        json.WriteBoolean("succeeded", result.Succeeded);
        if (result.Rows is { } rows)
        {
            WriteRows(json, rows);
            json.WriteEndObject();
            return;
        }

        json.WriteStartArray("artifacts");
        foreach (var artifact in result.Artifacts)
        {
            json.WriteStartObject();
            json.WriteString("path", artifact.DisplayName);
            json.WriteString("fullPath", artifact.FullPath);
            json.WriteString("pointer", artifact.PointerPath);
            json.WriteString("action", artifact.Action);
            json.WriteString("status", artifact.Status);
            json.WriteString("sha256", artifact.Sha256);
            json.WriteString("kind", Kind(artifact));
            json.WriteNumber("size", artifact.Size);
            if (artifact.Files is { } files) json.WriteNumber("files", files);
            json.WriteNumber("bytesMoved", artifact.BytesMoved);
            if (artifact.Head is { } head) json.WriteString("head", head);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static TaskItem ToItem(ArtifactResult artifact)
    {
        var item = new TaskItem(OutputPlaces.Escape(artifact.DisplayName));
        item.SetMetadata("ContentPath", OutputPlaces.Escape(artifact.FullPath));
        item.SetMetadata("PointerPath", OutputPlaces.Escape(artifact.PointerPath));
        item.SetMetadata("Action", artifact.Action);
        item.SetMetadata("Status", artifact.Status);
        item.SetMetadata("Sha256", artifact.Sha256 ?? "");
        item.SetMetadata("Kind", Kind(artifact) ?? "");
        item.SetMetadata("Size", artifact.Size.ToString(CultureInfo.InvariantCulture));
        item.SetMetadata("Files", artifact.Files?.ToString(CultureInfo.InvariantCulture) ?? "");
        item.SetMetadata("BytesMoved", artifact.BytesMoved.ToString(CultureInfo.InvariantCulture));
        item.SetMetadata("Head", artifact.Head ?? "");
        return item;
    }

    private static TaskItem ToItem(ReportRow row)
    {
        var item = new TaskItem(OutputPlaces.Escape(row.Name));
        foreach (var (name, value) in row.Values)
        {
            item.SetMetadata(name, OutputPlaces.Escape(value));
        }

        return item;
    }

    private static void WriteRows(Utf8JsonWriter json, IReadOnlyList<ReportRow> rows)
    {
        json.WriteStartArray("rows");
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteString("path", row.Name);
            foreach (var (name, value) in row.Values)
            {
                json.WriteString(JsonNamingPolicy.CamelCase.ConvertName(name), value);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string? Kind(ArtifactResult artifact) => artifact.IsDirectory switch { true => "directory", false => "file", null => null };
}

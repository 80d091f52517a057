using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModelTrack.Artifacts;
using ModelTrack.Git;

namespace ModelTrack.Operations.Pins;

/// <summary>Where an imported artifact came from, as its pointer's `source` says.</summary>
/// <param name="Url">A Git repository, or the file or folder itself.</param>
/// <param name="Commit">Null for a plain file or folder; so are <paramref name="Path"/> and <paramref name="Revision"/>.</param>
/// <param name="Revision">What the commit was found by; null for HEAD.</param>
/// <param name="Path">The artifact's path from the repository's root.</param>
internal sealed record PointerSource(string Url, string? Revision = null, string? Commit = null, string? Path = null)
{
    private static readonly string[] s_keys = ["url", "revision", "commit", "path"];

    /// <summary>Null for a pointer that was not imported.</summary>
    /// <param name="file">The pointer, to blame.</param>
    public static PointerSource? Of(Pointer pointer, string file)
    {
        if (pointer.Source is not { ValueKind: JsonValueKind.Object } source) return null;
        var unknown = source.EnumerateObject().Select(p => p.Name).FirstOrDefault(name => !s_keys.Contains(name));
        if (unknown is not null) throw Wrong($"the key '{Shown.Text(unknown)}' is unknown");
        var found = new PointerSource(Text("url") ?? throw Wrong("url is missing"), Text("revision"), Text("commit"), Text("path"));
        if (found.Commit is null != found.Path is null || (found.Commit is null && found.Revision is not null)) throw Wrong("commit and path belong together");
        return found.Commit is null || GitFetch.IsCommitId(found.Commit) ? found : throw Wrong("commit is not the full name of a commit");

        string? Text(string name) => !source.TryGetProperty(name, out var value) ? null
            : value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text
            : throw Wrong($"{name} is no text");

        Diagnostics.ModelTrackException Wrong(string why) => PinErrors.SourceUnreadable(System.IO.Path.GetFileName(file), why).At(file);
    }

    public JsonElement ToJson()
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("url", Url);
            if (Revision is not null) json.WriteString("revision", Revision);
            if (Commit is not null) json.WriteString("commit", Commit);
            if (Path is not null) json.WriteString("path", Path);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(output.WrittenMemory);
        return document.RootElement.Clone();
    }
}

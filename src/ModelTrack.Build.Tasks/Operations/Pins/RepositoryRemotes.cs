using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using ModelTrack.Artifacts;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Operations.Pins;

/// <summary>
/// Where another repository keeps its contents: ModelTrack.props of the pinned commit, of which nothing is executed. Only literal values count;
/// what depends on anything is refused.
/// </summary>
internal static partial class RepositoryRemotes
{
    private const int MaxSize = 1024 * 1024;
    private const string ThisFolder = "$(MSBuildThisFileDirectory)";

    /// <summary>The options with the remotes of the pin's repository in place of the project's.</summary>
    public static Task<OperationOptions> ApplyAsync(OperationSession session, OperationOptions options, PinEntry entry, CancellationToken cancellationToken) =>
        ApplyAsync(session, options, entry.Key.ToString(), SourceRepository.Open(session, entry.Key.Repository!), entry.Commit, entry.Key.Path, cancellationToken);

    /// <param name="path">The artifact's in the repository: the nearest ModelTrack.props above it counts, as in a build there.</param>
    public static async Task<OperationOptions> ApplyAsync(
        OperationSession session, OperationOptions options, string artifact, SourceRepository repository, string commit, string path, CancellationToken cancellationToken)
    {
        await repository.BringAsync(commit, cancellationToken).ConfigureAwait(false);
        for (var folder = ParentOf(path); ; folder = ParentOf(folder))
        {
            var file = folder.Length == 0 ? InitOperation.ConfigurationFile : $"{folder}/{InitOperation.ConfigurationFile}";
            if (await repository.ReadAsync(commit, file, cancellationToken).ConfigureAwait(false) is { } bytes)
            {
                try
                {
                    var baseDirectory = repository.Folder is { } root ? Path.Combine(root, folder) : null;
                    return Parse(bytes, baseDirectory, options, session.Options.Remotes);
                }
                catch (FormatException exception)
                {
                    throw PinErrors.RemoteNotReadable(artifact, repository.Name, $"in its {file}, {exception.Message}");
                }
            }

            if (folder.Length == 0) throw PinErrors.RemoteNotReadable(artifact, repository.Name, $"it has no {InitOperation.ConfigurationFile}");
        }
    }

    /// <param name="baseDirectory">What relative paths are relative to; null where the file is on no disk.</param>
    /// <param name="own">The project's own remotes: with the same Url, theirs are the settings.</param>
    /// <exception cref="FormatException">With a clause that says why.</exception>
    internal static OperationOptions Parse(byte[] bytes, string? baseDirectory, OperationOptions options, IReadOnlyList<RemoteDefinition> own)
    {
        var root = Load(bytes);
        string? remote = null, restoreFrom = null;
        var remotes = new List<RemoteDefinition>();
        foreach (var element in root.Elements().Where(e => e.Name.LocalName is "PropertyGroup" or "ItemGroup").SelectMany(e => e.Elements()))
        {
            switch (element.Name.LocalName)
            {
                case "ModelTrackRemote" when Counts(element, remote):
                    remote = Literal(element, element.Value);
                    break;
                case "ModelTrackRestoreFrom" when Counts(element, restoreFrom):
                    restoreFrom = Literal(element, element.Value);
                    break;
                case "TrackedRemote" when Counts(element, null):
                    var definition = Definition(element, own);
                    remotes.RemoveAll(r => r.Name.Equals(definition.Name, StringComparison.OrdinalIgnoreCase));
                    remotes.Add(definition);
                    break;
            }
        }

        if (string.IsNullOrWhiteSpace(remote)) throw new FormatException("ModelTrackRemote is not set");
        string[] sources = [.. (restoreFrom ?? "").Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        if (baseDirectory is null)
        {
            foreach (var place in (string[])[remote, .. sources, .. remotes.Select(r => r.Url)])
            {
                if (IsRelative(place, remotes)) throw new FormatException($"the remote '{Shown.Text(place)}' is a folder beside that repository, which is not on this machine");
            }
        }

        return options with { Remotes = remotes, DefaultRemote = remote, RestoreFrom = sources, RemoteBaseDirectory = baseDirectory ?? options.ProjectDirectory };
    }

    private static XElement Load(byte[] bytes)
    {
        if (bytes.Length > MaxSize) throw new FormatException($"there are {bytes.Length} bytes");
        try
        {
            using var stream = new MemoryStream(bytes);
            using var reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            return XDocument.Load(reader).Root!;
        }
        catch (XmlException exception)
        {
            throw new FormatException($"there is no XML in line {exception.LineNumber}");
        }
    }

    /// <summary>Whether an element has a say; the usual condition "where it is not set yet" is understood, any other is not.</summary>
    private static bool Counts(XElement element, string? present)
    {
        foreach (var condition in element.AncestorsAndSelf().Select(e => (string?)e.Attribute("Condition")).OfType<string>())
        {
            if (!NotSetYet().IsMatch(condition) || !condition.Contains($"$({element.Name.LocalName})", StringComparison.Ordinal))
                throw new FormatException($"{element.Name.LocalName} depends on the condition {Shown.Text(condition)}");
            if (!string.IsNullOrEmpty(present)) return false;
        }

        return true;
    }

    private static RemoteDefinition Definition(XElement element, IReadOnlyList<RemoteDefinition> own)
    {
        var name = Literal(element, (string?)element.Attribute("Include") ?? throw new FormatException("a TrackedRemote has no Include"));
        var url = Value("Url") ?? throw new FormatException($"the TrackedRemote '{Shown.Text(name)}' has no Url");
        // A foreign file does not say which secrets of this machine are sent where: only this project's own item for the same place does.
        if (own.FirstOrDefault(r => r.Url == url) is { } ours) return new RemoteDefinition(name, url, ours.Settings);
        return new RemoteDefinition(name, url, new RemoteSettings
        {
            Endpoint = Value("Endpoint"),
            Region = Value("Region"),
            ForcePathStyle = Value("ForcePathStyle") is not { } flag ? null : bool.TryParse(flag, out var value) ? value : throw new FormatException($"ForcePathStyle is '{Shown.Text(flag)}'"),
        });

        string? Value(string metadata) =>
            ((string?)element.Attribute(metadata) ?? element.Elements().FirstOrDefault(e => e.Name.LocalName == metadata)?.Value) is { Length: > 0 } text ? Literal(element, text) : null;
    }

    private static string Literal(XElement element, string text)
    {
        text = text.Trim();
        if (text.StartsWith(ThisFolder, StringComparison.Ordinal)) text = "./" + text[ThisFolder.Length..].TrimStart('/', '\\');
        return Expression().IsMatch(text) ? throw new FormatException($"{element.Name.LocalName} is '{Shown.Text(text)}', which only a build there can tell") : text;
    }

    private static bool IsRelative(string place, List<RemoteDefinition> remotes) =>
        !place.Contains("://", StringComparison.Ordinal) && !Path.IsPathRooted(place) && !place.StartsWith("file:", StringComparison.OrdinalIgnoreCase)
        && !place.StartsWith(@"\\", StringComparison.Ordinal) && !remotes.Any(r => r.Name.Equals(place, StringComparison.OrdinalIgnoreCase));

    private static string ParentOf(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash < 0 ? "" : path[..slash];
    }

    [GeneratedRegex(@"[$@%]\(", RegexOptions.CultureInvariant)]
    private static partial Regex Expression();

    [GeneratedRegex(@"^\s*'\$\(\w+\)'\s*==\s*''\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex NotSetYet();
}

using Microsoft.Build.Framework;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Tasks;

/// <summary>
/// The artifacts' copies in one output folder, and which version of each it has, kept in a file:
/// the folder on the first line, then a line per copy of sha256, a space, and the place.
/// </summary>
internal sealed class OutputCopies
{
    private readonly string _recordFile;
    private readonly string _outputDirectory;
    private readonly Dictionary<string, string> _versions = new(StringComparer.Ordinal);
    private readonly bool _isNew;

    private OutputCopies(string recordFile, string? outputDirectory)
    {
        _recordFile = recordFile;
        var lines = File.Exists(recordFile) ? File.ReadAllLines(recordFile) : [];
        _outputDirectory = outputDirectory ?? lines.FirstOrDefault() ?? "";
        _isNew = lines.Length == 0 || lines[0] != _outputDirectory;
        foreach (var line in _isNew ? [] : lines.Skip(1).Where(l => l.Length > Sha256Hash.HexLength + 1))
        {
            _versions[line[(Sha256Hash.HexLength + 1)..]] = line[..Sha256Hash.HexLength];
        }
    }

    public static OutputCopies Read(string recordFile, string outputDirectory) => new(recordFile, outputDirectory);

    /// <summary>The outputs whose records' names start with <paramref name="prefix"/>.</summary>
    public static OutputCopies[] ReadAll(string folder, string prefix) => Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder, prefix + "*").Select(file => new OutputCopies(file, null)).Where(o => o._outputDirectory.Length > 0)]
        : [];

    /// <summary>Copies each artifact of which the output has another version.</summary>
    public void Update(
        IReadOnlyList<ArtifactItem> artifacts, ITaskItem[] saved, ProjectSettings settings, IOperationLog log, CancellationToken cancellationToken)
    {
        var results = saved.ToDictionary(item => item.GetMetadata("ContentPath"), StringComparer.Ordinal);
        var changed = _isNew;
        foreach (var artifact in artifacts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var place = OutputPlaces.TargetPathOf(artifact, settings);
            var result = results.GetValueOrDefault(artifact.Artifact.FullPath);
            var version = result?.GetMetadata("Sha256") ?? "";
            var known = _versions.GetValueOrDefault(place);
            if (version.Length > 0 && known == version && Path.Exists(Path.Combine(_outputDirectory, place))) continue;
            foreach (var (source, target) in FilesOf(artifact, place, settings))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (result?.GetMetadata("Action") == "saved" || !IsCopyOf(target, source, known is null)) Copy(source, target, log);
            }

            if (version.Length == 0) continue;
            _versions[place] = version;
            changed = true;
        }

        if (changed) Write();
    }

    private IEnumerable<(string Source, string Target)> FilesOf(ArtifactItem artifact, string place, ProjectSettings settings) =>
        File.Exists(artifact.Artifact.FullPath) ? [(artifact.Artifact.FullPath, Path.Combine(_outputDirectory, place))]
        : Directory.Exists(artifact.Artifact.FullPath) ? OutputPlaces.FilesOf(artifact, settings)
            .Select(item => (item.GetMetadata(ItemNames.FullPath), Path.Combine(_outputDirectory, item.GetMetadata(ItemNames.TargetPath))))
        : [];

    /// <summary>
    /// Whether MSBuild has copied it in this build: size and time agree, and the source is newer than the record, so that no older
    /// version can have had that time (a restored file's time is that of its restore).
    /// </summary>
    private bool IsCopyOf(string target, string source, bool firstTime) =>
        FileStat.TryGet(target, out var copy) && FileStat.TryGet(source, out var original)
        && copy.Size == original.Size && Math.Abs(copy.MTimeNs - original.MTimeNs) < 100
        && (firstTime || (FileStat.TryGet(_recordFile, out var record) && original.MTimeNs > record.MTimeNs));

    private static void Copy(string source, string target, IOperationLog log)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        // Beside it and renamed: a program that has the old one open or mapped keeps it, and a hard link is not written through.
        var temporary = $"{target}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp";
        try
        {
            File.Copy(source, temporary, overwrite: true);
            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        log.Detail($"Copied {source} to {target}, which had another version.");
    }

    private void Write()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_recordFile)!);
        var temporary = $"{_recordFile}.{Environment.ProcessId}.tmp";
        File.WriteAllLines(temporary, [_outputDirectory, .. _versions.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Value} {v.Key}")]);
        File.Move(temporary, _recordFile, overwrite: true);
    }
}

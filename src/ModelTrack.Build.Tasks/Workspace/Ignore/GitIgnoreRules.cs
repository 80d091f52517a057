using System.Text;

namespace ModelTrack.Workspace.Ignore;

/// <summary>The lines of a `.gitignore` that keep an artifact out of Git, but for what `.trackignore` files leave to it.</summary>
internal static class GitIgnoreRules
{
    /// <summary>`/name`, with each byte of UTF-8 as a character, as all texts here.</summary>
    public static string Plain(string name)
    {
        var text = new StringBuilder("/");
        var bytes = Encoding.UTF8.GetBytes(name);
        for (var i = 0; i < bytes.Length; i++)
        {
            var special = bytes[i] is (byte)'*' or (byte)'?' or (byte)'[' or (byte)'\\';
            if (special || (bytes[i] == ' ' && i == bytes.Length - 1)) text.Append('\\');
            text.Append((char)bytes[i]);
        }

        return text.ToString();
    }

    public static string Everything(string plain) => plain + "/**";

    public static string Folders(string plain) => $"!{plain}/**/";

    /// <summary>Always the last: by it the lines' end is known again.</summary>
    public static string Last(string plain) => $"!{plain}/**/{TrackIgnore.FileName}";

    /// <summary>
    /// Whatever is left to Git is not ignored, since it would be lost in neither place. The reverse does not hold where a file takes things back in
    /// (`!`) below a folder: Git then shows a file that is tracked here too, which is safe.
    /// </summary>
    public static IReadOnlyList<string> Lines(string name, TrackIgnore? rules)
    {
        var plain = Plain(name);
        if (rules is null) return [plain];
        var folders = rules.ReadAll(out var ignoredBy);
        if (!folders.Any(f => f.Applies)) return [plain];

        List<string> lines = [Everything(plain), Folders(plain)];
        var contents = new List<string>();
        var takesBack = false;
        foreach (var (folder, pattern) in Patterns(folders))
        {
            var place = folder.Relative.Length == 0 ? plain + "/" : $"{plain}{Plain(folder.Relative)}/";
            foreach (var rest in pattern.IsAnchored ? pattern.Within(folder.Way) : ["**/" + pattern.Text])
            {
                if (!pattern.OnlyFolders) lines.Add(pattern.IsNegated ? place + rest : $"!{place}{rest}");
                if (!pattern.IsNegated && (pattern.OnlyFolders || ignoredBy.Contains(pattern))) contents.Add($"!{place}{rest}/**");
            }

            takesBack |= pattern.IsNegated && !pattern.OnlyFolders;
        }

        if (takesBack) lines.Add(Folders(plain));
        lines.AddRange(contents);
        lines.Add(Last(plain));
        return lines;
    }

    /// <summary>The nearer to a file, the later: in Git the last line that names a file decides.</summary>
    private static IEnumerable<(IgnoreFolder Folder, IgnorePattern Pattern)> Patterns(IReadOnlyList<IgnoreFolder> within)
    {
        var outside = new Stack<IgnoreFolder>();
        for (var folder = within[0].Above; folder is not null; folder = folder.Above) outside.Push(folder);
        foreach (var folder in outside.Concat(within))
            foreach (var pattern in folder.Patterns)
                yield return (folder, pattern);
    }
}

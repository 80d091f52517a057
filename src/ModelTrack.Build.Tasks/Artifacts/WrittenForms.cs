using System.Text;

namespace ModelTrack.Artifacts;

/// <summary>
/// Some file systems give a name back in another Unicode form than it was written in. A listing goes on with the form that the one before had, or the
/// directory would change by being restored there.
/// </summary>
internal static class WrittenForms
{
    /// <summary>Respells the entries' paths, folder by folder, as <paramref name="former"/> spells them.</summary>
    public static void Keep(ListingEntry[] entries, Listing former)
    {
        Dictionary<string, string>? forms = null;
        for (var i = 0; i < entries.Length; i++)
        {
            var path = entries[i].Path;
            if (Ascii.IsValid(path)) continue;
            forms ??= Forms(former);
            var kept = Respell(path, forms);
            if (kept != path) entries[i] = entries[i] with { Path = kept };
        }
    }

    /// <summary>The entries whose spelling is one of several, by their compared form.</summary>
    public static Dictionary<string, ListingEntry> Index(ListingEntry[] entries)
    {
        var index = new Dictionary<string, ListingEntry>(StringComparer.Ordinal);
        foreach (var entry in entries)
            if (!Ascii.IsValid(entry.Path)) index[RelativePaths.ToComparable(entry.Path)] = entry;
        return index;
    }

    /// <summary>Compared form to written form, of every path and folder beyond ASCII.</summary>
    private static Dictionary<string, string> Forms(Listing former)
    {
        var forms = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in former.Entries)
        {
            if (Ascii.IsValid(entry.Path)) continue;
            for (var end = entry.Path.IndexOf('/'); ; end = entry.Path.IndexOf('/', end + 1))
            {
                var prefix = end < 0 ? entry.Path : entry.Path[..end];
                if (!Ascii.IsValid(prefix)) forms.TryAdd(RelativePaths.ToComparable(prefix), prefix);
                if (end < 0) break;
            }
        }

        return forms;
    }

    /// <summary>The longest part of the path that the former listing has, as it has it; the rest as it is.</summary>
    private static string Respell(string path, Dictionary<string, string> forms)
    {
        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            var prefix = path[..end];
            if (Ascii.IsValid(prefix)) return path;
            if (forms.TryGetValue(RelativePaths.ToComparable(prefix), out var written)) return written + path[end..];
        }

        return path;
    }
}

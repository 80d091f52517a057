using ModelTrack.Diagnostics;

namespace ModelTrack.Workspace;

/// <summary>Every coded message of the workspace room.</summary>
internal static class WorkspaceErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(WorkspaceErrors));

    public static ModelTrackException SymbolicLink(string path) => s_catalog.Error("MT2001", path);

    public static ModelTrackException SpecialFile(string path) => s_catalog.Error("MT2002", path);

    public static ModelTrackException ChangesWhileRead(string path) => s_catalog.Error("MT2003", path);

    public static ModelTrackException StateNotWritable(Exception inner, string folder) => s_catalog.Error(inner, "MT2004", folder, inner.Message);

    public static ModelTrackException NotReadable(Exception inner, string path) => s_catalog.Error(inner, "MT2005", path, inner.Message);

    public static ModelTrackException NotWritable(Exception inner, string path) => s_catalog.Error(inner, "MT2006", path, inner.Message);

    public static ModelTrackException DiskFull(Exception inner, string path) => s_catalog.Error(inner, "MT2007", path, inner.Message);

    public static ModelTrackException HeldOpen(Exception inner, string path) => s_catalog.Error(inner, "MT2008", path, inner.Message);

    public static ModelTrackException ForbiddenPlace(string path, string part) => s_catalog.Error("MT2009", path, part);

    /// <summary>The code of <see cref="ChangedMeanwhile"/>, for whoever can look again.</summary>
    public const string ChangedMeanwhileCode = "MT2010";

    public static ModelTrackException ChangedMeanwhile(string path) => s_catalog.Error(ChangedMeanwhileCode, path);

    public const string StoreFileChangedCode = "MT2011";

    public static ModelTrackException StoreFileChanged(string path) => s_catalog.Error(StoreFileChangedCode, path);

    public static ModelTrackException CannotLink(Exception? inner, string path, string reason) =>
        inner is null ? s_catalog.Error("MT2012", path, reason) : s_catalog.Error(inner, "MT2012", path, reason);

    public static ModelTrackException NameNotText(string folder, string name) => s_catalog.Error("MT2013", folder, name);

    public static ModelTrackException WrongKind(string path, string found, string wanted) => s_catalog.Error("MT2014", path, found, wanted);

    public static ModelTrackException ReservedFolder(string path) => s_catalog.Error("MT2015", path);
}

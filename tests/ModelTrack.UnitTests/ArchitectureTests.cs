using System.Text.RegularExpressions;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests;

/// <summary>The rooms lie on each other, and only the highest knows MSBuild.</summary>
[TestClass]
public sealed partial class ArchitectureTests
{
    private const string Project = "src/ModelTrack.Build.Tasks";

    /// <summary>From bottom to top; a room uses only those before it.</summary>
    private static readonly string[] s_rooms = ["Diagnostics", "Content", "Git", "Storage", "Artifacts", "Workspace", "Operations", "Tasks"];

    /// <summary>MSBuild finds this one by its full name, also where its own assembly is too old to have it.</summary>
    private static readonly Dictionary<string, string> s_foreign = new() { ["MSBuildMultiThreadableTaskAttribute.cs"] = "Microsoft.Build.Framework" };

    private static readonly IReadOnlyList<TypeUse> s_uses = TypeUses.Of(typeof(Artifacts.PointerFileTests).Assembly.GetReferencedAssemblies()
        .Where(a => a.Name == "ModelTrack.Build.Tasks").Select(a => System.Reflection.Assembly.Load(a).Location).Single());

    [TestMethod]
    public void A_room_uses_only_the_rooms_below_it()
    {
        var upward = s_uses
            .Where(u => Room(u.Namespace) >= 0 && Room(u.UsedNamespace) > Room(u.Namespace))
            .Select(u => $"{u.Namespace}.{u.Type} uses {u.UsedNamespace}.{u.UsedType}")
            .Distinct().Order().ToArray();
        Assert.IsEmpty(upward, string.Join('\n', upward));
    }

    [TestMethod]
    public void Only_the_room_of_tasks_names_a_type_of_msbuild()
    {
        var users = s_uses
            .Where(u => IsIn(u.UsedNamespace, "Microsoft.Build") && !IsIn(u.Namespace, "ModelTrack.Tasks"))
            .Select(u => $"{u.Namespace}.{u.Type} uses {u.UsedNamespace}.{u.UsedType}")
            .Distinct().Order().ToArray();
        Assert.IsEmpty(users, string.Join('\n', users));
    }

    [TestMethod]
    public void Every_type_is_in_a_known_room()
    {
        var strangers = s_uses.Where(u => IsIn(u.Namespace, "ModelTrack") && Room(u.Namespace) < 0).Select(u => $"{u.Namespace}.{u.Type}").Distinct().ToArray();
        Assert.IsEmpty(strangers, string.Join('\n', strangers));
    }

    [TestMethod]
    public void Every_file_s_namespace_is_its_folder()
    {
        var root = Path.Combine(SourceTree.Root, Project);
        foreach (var file in SourceTree.Files(Project, ".cs"))
        {
            var folder = Path.GetRelativePath(root, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');

            // A room's list of errors has parts that stand beside what they speak of.
            if (ErrorsPart().IsMatch(Path.GetFileName(file))) folder = folder.Split('.')[0];
            var expected = s_foreign.TryGetValue(Path.GetFileName(file), out var foreign) ? foreign : folder.Length == 0 ? "ModelTrack" : "ModelTrack." + folder;
            Assert.AreEqual(expected, string.Join(' ', NamespaceDeclaration().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value)), file);
        }
    }

    /// <summary>The other tests would be green if nothing were seen: each way in which a type can name another is.</summary>
    [TestMethod]
    [DataRow("ModelTrack.Artifacts", "Pointer", "ModelTrack.Content", "Sha256Hash", DisplayName = "A signature")]
    [DataRow("ModelTrack.Artifacts", "PointerFile", "System.IO", "RandomAccess", DisplayName = "A call in a body")]
    [DataRow("ModelTrack.Artifacts", "AtomicFile", "ModelTrack.Diagnostics", "FailPoint", DisplayName = "A call in a body, of a static method")]
    [DataRow("ModelTrack.Artifacts", "PointerFile", "System.Runtime.CompilerServices", "AsyncTaskMethodBuilder`1", DisplayName = "A nested type's field")]
    [DataRow("ModelTrack.Workspace.Ignore", "TrackIgnore", "ModelTrack.Workspace", "IIgnoreRules", DisplayName = "An interface")]
    [DataRow("ModelTrack.Artifacts", "ListingFormat", "System.Buffers", "SearchValues`1", DisplayName = "A field")]
    public void Uses_are_seen(string ns, string type, string usedNs, string usedType) =>
        Assert.Contains(new TypeUse(ns, type, usedNs, usedType), s_uses);

    private static int Room(string ns) => Array.FindIndex(s_rooms, room => IsIn(ns, "ModelTrack." + room));

    private static bool IsIn(string ns, string parent) => ns == parent || ns.StartsWith(parent + ".", StringComparison.Ordinal);

    [GeneratedRegex(@"^namespace ([\w.]+);?\s*$", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"^\w+Errors\.\w+\.cs$")]
    private static partial Regex ErrorsPart();
}

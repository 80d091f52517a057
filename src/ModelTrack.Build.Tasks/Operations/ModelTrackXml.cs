using System.Xml.Linq;

namespace ModelTrack.Operations;

/// <summary>What in an MSBuild file belongs to ModelTrack.</summary>
internal static class ModelTrackXml
{
    private const string Package = "ModelTrack.Sdk";

    private static readonly string[] s_items = ["TrackedArtifact", "TrackedRemote", "TrackedStage"];
    private static readonly string[] s_references = ["PackageReference", "GlobalPackageReference", "PackageVersion", "Sdk"];

    /// <summary>An item, a reference to the package, or a property that only ModelTrack reads.</summary>
    public static bool IsOurs(XElement element)
    {
        var name = element.Name.LocalName;
        if (s_items.Contains(name)) return true;
        if (s_references.Contains(name)) return Names(element, "Include") || Names(element, "Update") || Names(element, "Name");
        return name.StartsWith("ModelTrack", StringComparison.Ordinal) && element.Parent?.Name.LocalName == "PropertyGroup";
    }

    /// <summary>What would stay and do nothing, or fail, without ModelTrack.</summary>
    public static bool DependsOnUs(XElement element) =>
        element.Attributes().Any(a =>
            (a.Name.LocalName is "AfterTargets" or "BeforeTargets" or "DependsOnTargets" or "Sdk" or "Targets" or "Condition")
            && a.Value.Contains("ModelTrack", StringComparison.Ordinal));

    private static bool Names(XElement element, string attribute) =>
        string.Equals(element.Attribute(attribute)?.Value, Package, StringComparison.OrdinalIgnoreCase);
}

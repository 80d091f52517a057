using System.Globalization;
using System.Resources;

namespace ModelTrack.Diagnostics;

/// <summary>
/// The coded texts of one room, from the .resx that stands beside the class named here.
/// A room has one static class of errors (StorageErrors, ArtifactErrors …) with a method per code: that class is the list.
/// </summary>
internal sealed class MessageCatalog(Type owner)
{
    private readonly ResourceManager _resources = new(owner.FullName!, owner.Assembly);

    public ResourceManager Resources => _resources;

    /// <summary>The text of <paramref name="code"/> with its placeholders filled.</summary>
    public Diagnostic Message(string code, params object?[] arguments)
    {
        var format = _resources.GetString(code, CultureInfo.InvariantCulture)
            ?? throw new InvalidOperationException($"No text for {code} in {_resources.BaseName}.");
        return new Diagnostic(code, string.Format(CultureInfo.InvariantCulture, format, arguments));
    }

    public ModelTrackException Error(string code, params object?[] arguments) => new(Message(code, arguments));

    public ModelTrackException Error(Exception inner, string code, params object?[] arguments) =>
        new(Message(code, arguments), inner);
}

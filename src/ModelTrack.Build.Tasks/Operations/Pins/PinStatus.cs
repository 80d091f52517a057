namespace ModelTrack.Operations.Pins;

/// <summary>How a pin stands, without resolving or writing anything.</summary>
internal static class PinStatus
{
    private const string NotResolved = "not resolved yet";

    public static async Task<ArtifactResult> OfAsync(OperationSession session, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        var entry = PinLock.Read(session.Options.ProjectDirectory).Find(PinPlaces.KeyOf(artifact, session.Options.ProjectDirectory));
        if (entry is null) return Results.Of(artifact, "none", NotResolved, null, null);
        var scan = await ArtifactLook.ScanAsync(session, artifact, session.States.Load(artifact.FullPath), hashEverything: false, cancellationToken).ConfigureAwait(false);
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var words = new List<string> { scan.IsMissing ? StatusText.Missing : scan.Identity == entry.Identity ? StatusText.InStep : StatusText.PointerMoved };
        if (!await StoredContent.HasAsync(store, entry.Identity, cancellationToken).ConfigureAwait(false)) words.Add(StatusText.NotInStore);
        return Results.Of(artifact, "none", string.Join(", ", words), entry.Identity, entry.Files);
    }
}

namespace ModelTrack.Operations.Pins;

/// <summary>Finds what pins name at this moment. One for a run: each repository is opened once.</summary>
internal sealed class PinResolver(OperationSession session)
{
    private readonly Dictionary<string, SourceRepository> _repositories = new(StringComparer.Ordinal);

    /// <param name="fresh">Ask the server even where this machine knows an answer.</param>
    public async Task<PinEntry> ResolveAsync(PinKey pin, bool fresh, CancellationToken cancellationToken)
    {
        var repository = Open(pin);
        var commit = await repository.ResolveAsync(pin.Revision, fresh, cancellationToken).ConfigureAwait(false);
        var pointer = await repository.ReadPointerAsync(commit, PathIn(pin), cancellationToken).ConfigureAwait(false);
        return PinEntry.Of(pin, commit, pointer);
    }

    private SourceRepository Open(PinKey pin)
    {
        var name = pin.Repository ?? "";
        if (_repositories.TryGetValue(name, out var known)) return known;
        var opened = pin.Repository is { } address
            ? SourceRepository.Open(session, address)
            : SourceRepository.Here(session) ?? throw PinErrors.NoGitHere(pin.ToString());
        _repositories.Add(name, opened);
        return opened;
    }

    /// <summary>The artifact's path from its repository's root.</summary>
    private string PathIn(PinKey pin)
    {
        if (pin.Repository is not { } repository) return session.RepositoryPath(Path.GetFullPath(pin.Path, session.Options.ProjectDirectory));
        return pin.Path.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(pin.Path)
            ? throw PinErrors.NotARepository(repository, $"the artifact's path '{pin.Path}' leads out of it; an item with Repository is named by its path in that repository")
            : pin.Path;
    }
}

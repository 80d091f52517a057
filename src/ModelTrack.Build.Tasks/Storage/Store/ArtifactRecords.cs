using System.Collections.Concurrent;
using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>What is known of artifacts. A lost or unreadable record is no record: the artifact then counts as confirmed by nobody.</summary>
internal sealed class ArtifactRecords(StoreContext context)
{
    // Of two writers at once in one process, the second must see what the first wrote.
    private readonly ConcurrentDictionary<Sha256Hash, Lock> _locks = new();

    public ArtifactRecord? Find(Sha256Hash id)
    {
        var path = context.Layout.Artifact(id);
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists || info.Length > ArtifactRecordFormat.MaxSize) return null;

            var record = ArtifactRecordFormat.Parse(File.ReadAllBytes(path), id);
            if (record is not null) context.Renew(path);
            return record;
        }
        catch (Exception e) when (StoreIo.IsAbsent(e))
        {
            return null;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, path);
        }
    }

    /// <summary>Keeps what was known: once saved here, always; every remote that confirmed it, at the latest time.</summary>
    public void Record(ArtifactRecord artifact) => Record(artifact, isNote: !artifact.SavedHere);

    /// <param name="isNote">What could not be written is only told.</param>
    private void Record(ArtifactRecord artifact, bool isNote)
    {
        lock (_locks.GetOrAdd(artifact.Id, _ => new Lock()))
        {
            var known = Find(artifact.Id);
            var merged = known is null ? artifact : artifact with
            {
                SavedHere = artifact.SavedHere || known.SavedHere,
                ConfirmedBy = Latest(known.ConfirmedBy.Concat(artifact.ConfirmedBy)),
            };
            if (known is not null && known.SavedHere == merged.SavedHere && known.Size == merged.Size && known.Files == merged.Files
                && known.IsDirectory == merged.IsDirectory && known.ConfirmedBy.SequenceEqual(merged.ConfirmedBy))
            {
                return;
            }

            void Write() => context.WriteWhole(context.Layout.Artifact(artifact.Id), ArtifactRecordFormat.Write(merged), "store.artifact", durable: artifact.SavedHere);

            if (isNote) context.TryNote(Write);
            else Write();
        }
    }

    public void Confirm(Sha256Hash id, string remote)
    {
        var confirmation = new RemoteConfirmation(remote, DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        var known = Find(id) ?? new ArtifactRecord(id, IsDirectory: false, Size: 0, Files: null, SavedHere: false);
        Record(known with { ConfirmedBy = [.. known.ConfirmedBy, confirmation] }, isNote: true);
    }

    private static RemoteConfirmation[] Latest(IEnumerable<RemoteConfirmation> confirmations) =>
    [
        .. confirmations
            .GroupBy(confirmation => confirmation.Remote, StringComparer.Ordinal)
            .Select(group => group.MaxBy(confirmation => confirmation.When)!)
            .OrderBy(confirmation => confirmation.When)
            .TakeLast(ArtifactRecordFormat.MostRemotes),
    ];
}

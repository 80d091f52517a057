using System.Buffers;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>Whether a content's chunks have the hashes that a remote's manifest gave them.</summary>
internal static class RecipeProof
{
    private const int MaxRun = 4 * 1024 * 1024;

    /// <summary>Hashes each chunk, on all cores. The file is closed here.</summary>
    public static async Task<bool> HoldsAsync(SafeFileHandle file, IReadOnlyList<Chunk> recipe, string path, CancellationToken cancellationToken)
    {
        using (file)
        {
            var isWrong = 0;
            try
            {
                await Parallel.ForEachAsync(Runs(recipe), cancellationToken, (run, token) =>
                {
                    if (Volatile.Read(ref isWrong) == 0 && !Holds(file, recipe, run)) Volatile.Write(ref isWrong, 1);
                    return ValueTask.CompletedTask;
                }).ConfigureAwait(false);
            }
            catch (Exception e) when (StoreIo.IsFailure(e))
            {
                throw StoreIo.Coded(e, path);
            }

            return isWrong == 0;
        }
    }

    /// <summary>Neighbours that are read in one go.</summary>
    private static IEnumerable<Run> Runs(IReadOnlyList<Chunk> recipe)
    {
        var (first, offset, length) = (0, 0L, 0);
        for (var i = 0; i < recipe.Count; i++)
        {
            if (length > 0 && recipe[i].Length > MaxRun - length)
            {
                yield return new Run(first, i, offset, length);
                (first, offset, length) = (i, offset + length, 0);
            }

            length += recipe[i].Length;
        }

        if (length > 0) yield return new Run(first, recipe.Count, offset, length);
    }

    private static bool Holds(SafeFileHandle file, IReadOnlyList<Chunk> recipe, Run run)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(run.Length);
        try
        {
            var bytes = buffer.AsSpan(0, run.Length);
            for (var read = 0; read < bytes.Length;)
            {
                var count = RandomAccess.Read(file, bytes[read..], run.Offset + read);
                if (count == 0) return false;
                read += count;
            }

            for (var i = run.First; i < run.End; i++)
            {
                if (Sha256Hash.Of(bytes[..recipe[i].Length]) != recipe[i].Hash) return false;
                bytes = bytes[recipe[i].Length..];
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private readonly record struct Run(int First, int End, long Offset, int Length);
}

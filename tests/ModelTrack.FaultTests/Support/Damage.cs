using System.Diagnostics;
using ModelTrack.Content;
using ModelTrack.Storage.Store;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests.Support;

/// <summary>Ways in which a disk or a hand spoils a file.</summary>
internal static class Damage
{
    /// <summary>Every way, by name, for tests' data rows.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["altered", "altered quietly", "truncated", "emptied", "extended", "deleted"];

    public static void Do(string kind, string path)
    {
        var (times, mode) = (File.GetLastWriteTimeUtc(path), OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode | UnixFileMode.UserWrite);
        var length = new FileInfo(path).Length;
        switch (kind)
        {
            case "altered":
                Flip(path, length / 2);
                File.SetLastWriteTimeUtc(path, times.AddSeconds(5));
                break;
            case "altered quietly":
                // As a bad sector does: size and time stay, to the nanosecond.
                var before = path + ".before";
                if (!OperatingSystem.IsWindows()) Shell.Run("cp", "-p", path, before);
                Flip(path, length / 2);
                if (OperatingSystem.IsWindows()) File.SetLastWriteTimeUtc(path, times);
                else Shell.Run("touch", "-r", before, path);
                File.Delete(before);
                break;
            case "truncated":
                SetLength(path, length - Math.Max(1, length / 3));
                break;
            case "emptied":
                SetLength(path, 0);
                break;
            case "extended":
                File.AppendAllText(path, "more");
                break;
            case "deleted":
                File.Delete(path);
                return;
            default:
                throw new ArgumentException(kind);
        }

        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
    }

    /// <summary>The store's file of a content.</summary>
    public static string EntryOf(Machine machine, byte[] content) => new StoreLayout(machine.Store).File(Sha256Hash.Of(content));

    public static string RecordOf(Machine machine, byte[] content) => new StoreLayout(machine.Store).Record(Sha256Hash.Of(content));

    private static void Flip(string path, long at)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 0x40));
        Debug.Assert(value >= 0, "there is a byte");
    }

    private static void SetLength(string path, long length)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.SetLength(length);
    }
}

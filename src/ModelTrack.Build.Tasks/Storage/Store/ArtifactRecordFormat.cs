using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>An artifact's record on the disk: fixed fields, the remotes, a checksum.</summary>
internal static class ArtifactRecordFormat
{
    public const int MaxSize = 1 << 20;
    public const int MostRemotes = 256;

    private const uint Magic = 0x5241544D; // "MTAR"
    private const ushort Version = 1;
    private const int FixedSize = 60;
    private const int ChecksumSize = sizeof(ulong);
    private const int MostRemoteBytes = 4000;

    private const ushort DirectoryFlag = 1;
    private const ushort SavedHereFlag = 2;

    public static byte[] Write(ArtifactRecord record)
    {
        var remotes = record.ConfirmedBy.Select(confirmation => (Name: Encoding.UTF8.GetBytes(confirmation.Remote), confirmation.When)).Where(remote => remote.Name.Length <= MostRemoteBytes).ToArray();
        var bytes = new byte[FixedSize + remotes.Sum(remote => 10 + remote.Name.Length) + ChecksumSize];
        var flags = (record.IsDirectory ? DirectoryFlag : 0) | (record.SavedHere ? SavedHereFlag : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), (ushort)flags);
        record.Id.CopyTo(bytes.AsSpan(8));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), record.Size);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(48), record.Files ?? -1);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(52), remotes.Length);
        var at = bytes.AsSpan(FixedSize);
        foreach (var (name, when) in remotes)
        {
            BinaryPrimitives.WriteInt64LittleEndian(at, when.ToUnixTimeMilliseconds());
            BinaryPrimitives.WriteUInt16LittleEndian(at[8..], (ushort)name.Length);
            name.CopyTo(at[10..]);
            at = at[(10 + name.Length)..];
        }

        BinaryPrimitives.WriteUInt64LittleEndian(at, XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - ChecksumSize)));
        return bytes;
    }

    /// <summary>Null when the bytes are no record of <paramref name="id"/>.</summary>
    public static ArtifactRecord? Parse(ReadOnlySpan<byte> bytes, Sha256Hash id)
    {
        if (bytes.Length < FixedSize + ChecksumSize || bytes.Length > MaxSize
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) != Version
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[^ChecksumSize..]) != XxHash3.HashToUInt64(bytes[..^ChecksumSize])
            || new Sha256Hash(bytes.Slice(8, Sha256Hash.Size)) != id)
        {
            return null;
        }

        var flags = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        var size = BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]);
        var files = BinaryPrimitives.ReadInt32LittleEndian(bytes[48..]);
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[52..]);
        if (size < 0 || files < -1 || count is < 0 or > MostRemotes) return null;

        var remotes = new RemoteConfirmation[count];
        var at = bytes[FixedSize..^ChecksumSize];
        for (var i = 0; i < count; i++)
        {
            if (at.Length < 10) return null;
            var when = BinaryPrimitives.ReadInt64LittleEndian(at);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(at[8..]);
            if (at.Length < 10 + length || when is < 0 or > 253_402_300_799_999) return null;
            remotes[i] = new RemoteConfirmation(Encoding.UTF8.GetString(at.Slice(10, length)), DateTimeOffset.FromUnixTimeMilliseconds(when));
            at = at[(10 + length)..];
        }

        return new ArtifactRecord(id, (flags & DirectoryFlag) != 0, size, files < 0 ? null : files, (flags & SavedHereFlag) != 0) { ConfirmedBy = remotes };
    }
}

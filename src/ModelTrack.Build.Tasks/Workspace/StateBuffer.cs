using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>Writes the values of a state file, little-endian.</summary>
internal sealed class StateWriter
{
    private readonly ArrayBufferWriter<byte> _buffer;

    public StateWriter(int capacity) => _buffer = new ArrayBufferWriter<byte>(capacity);

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Byte(byte value) => Span(1)[0] = value;

    public void Int32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Span(4), value);

    public void Int64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Span(8), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Span(8), value);

    public void FastHash(FastHash value) => value.WriteLittleEndian(Span(Content.FastHash.Size));

    public void Hash(Sha256Hash value) => value.CopyTo(Span(Sha256Hash.Size));

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int32(value.Length);
        _buffer.Write(value);
    }

    public void Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    public void Stat(in FileStat value)
    {
        Int64(value.Size);
        Int64(value.MTimeNs);
        Int64(value.CTimeNs);
        UInt64(value.Inode);
        Byte((byte)((int)value.Kind | (value.Executable ? 0x80 : 0)));
    }

    public void Identity(in ArtifactIdentity value)
    {
        Byte((byte)((int)value.Kind | (value.Executable ? 0x80 : 0)));
        Hash(value.Sha256);
        Int64(value.Size);
    }

    public void Optional<T>(T? value, Action<StateWriter, T> write)
        where T : struct
    {
        Byte(value is null ? (byte)0 : (byte)1);
        if (value is { } known) write(this, known);
    }

    private Span<byte> Span(int length)
    {
        var span = _buffer.GetSpan(length)[..length];
        _buffer.Advance(length);
        return span;
    }
}

/// <summary>Reads what <see cref="StateWriter"/> wrote. Whatever does not fit is an <see cref="InvalidDataException"/>.</summary>
internal sealed class StateReader(ReadOnlyMemory<byte> bytes)
{
    private ReadOnlyMemory<byte> _rest = bytes;

    public bool AtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1).Span[0];

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4).Span);

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8).Span);

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8).Span);

    public FastHash FastHash() => Content.FastHash.ReadLittleEndian(Take(Content.FastHash.Size).Span);

    public Sha256Hash Hash() => new(Take(Sha256Hash.Size).Span);

    public ReadOnlyMemory<byte> Bytes() => Take(Int32());

    public string Text() => Encoding.UTF8.GetString(Bytes().Span);

    public FileStat Stat()
    {
        var size = Int64();
        var mtime = Int64();
        var ctime = Int64();
        var inode = UInt64();
        var flags = Byte();
        return new FileStat(size, mtime, ctime, inode, (flags & 0x80) != 0, (FileKind)Small(flags & 0x7F, (int)FileKind.Other));
    }

    public ArtifactIdentity Identity()
    {
        var flags = Byte();
        var kind = (ArtifactKind)Small(flags & 0x7F, (int)ArtifactKind.Directory);
        return new ArtifactIdentity(kind, Hash(), Int64(), (flags & 0x80) != 0);
    }

    /// <summary>Whether a value follows. No generic reader of one: it would have to be compiled by the JIT in every build.</summary>
    public bool HasValue() => Small(Byte(), 1) == 1;

    public ReadOnlyMemory<byte> Take(int length)
    {
        if (length < 0 || length > _rest.Length) throw new InvalidDataException();
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    private static int Small(int value, int most) => value <= most ? value : throw new InvalidDataException();
}

namespace ModelTrack.Workspace.Ignore;

internal enum IgnoreTokenKind : byte
{
    /// <summary>One byte, itself.</summary>
    Literal,

    /// <summary>`?`: one byte, no slash.</summary>
    Any,

    /// <summary>`[…]`: one byte of a set, no slash.</summary>
    Class,

    /// <summary>`*`: any bytes, no slash.</summary>
    Star,

    /// <summary>`**/`: nothing, or whatever ends with a slash. A <see cref="Folders"/> always follows, for the loop.</summary>
    FoldersOrNothing,

    /// <summary>Within `**/`, after at least one byte of it.</summary>
    Folders,

    /// <summary>`**` at the end: whatever there is.</summary>
    Everything,
}

/// <param name="SetLow">Of a class: a bit for each byte below 128.</param>
/// <param name="SetHigh">The others' bits.</param>
internal readonly record struct IgnoreToken(IgnoreTokenKind Kind, byte Byte = 0, UInt128 SetLow = default, UInt128 SetHigh = default)
{
    public bool Has(byte value) => ((value < 128 ? SetLow >> value : SetHigh >> (value - 128)) & 1) != 0;
}

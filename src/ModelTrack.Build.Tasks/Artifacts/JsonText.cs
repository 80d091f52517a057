using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ModelTrack.Artifacts;

/// <summary>JSON as it stood: only the white space between its tokens is ours.</summary>
internal static class JsonText
{
    /// <summary>Writes a value with each token's own characters, one member a line, two spaces a level, no newline at its end.</summary>
    /// <param name="level">That of the line on which the value begins.</param>
    public static void Write(IBufferWriter<byte> output, JsonElement value, int level)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        var reader = new Utf8JsonReader(raw, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var last = JsonTokenType.None;
        while (reader.Read())
        {
            var token = reader.TokenType;
            var closes = token is JsonTokenType.EndObject or JsonTokenType.EndArray;
            if (closes)
            {
                level--;
                if (last is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) NewLine(output, level);
            }
            else if (last == JsonTokenType.PropertyName)
            {
                output.Write(": "u8);
            }
            else if (last != JsonTokenType.None)
            {
                if (last is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) output.Write(","u8);
                NewLine(output, level);
            }

            // Up to BytesConsumed a name would take its colon along.
            var start = (int)reader.TokenStartIndex;
            var length = token is JsonTokenType.PropertyName or JsonTokenType.String ? reader.ValueSpan.Length + 2 : reader.ValueSpan.Length;
            output.Write(raw.Slice(start, length));
            if (token is JsonTokenType.StartObject or JsonTokenType.StartArray) level++;
            last = token;
        }
    }

    public static bool AreAlike(JsonElement? a, JsonElement? b)
    {
        if (!IsThere(a) || !IsThere(b)) return IsThere(a) == IsThere(b);
        var x = new ArrayBufferWriter<byte>();
        var y = new ArrayBufferWriter<byte>();
        Write(x, a!.Value, 0);
        Write(y, b!.Value, 0);
        return x.WrittenSpan.SequenceEqual(y.WrittenSpan);
    }

    public static bool IsThere(JsonElement? value) => value is { ValueKind: not JsonValueKind.Undefined };

    private static void NewLine(IBufferWriter<byte> output, int level)
    {
        var line = output.GetSpan(1 + (2 * level));
        line[0] = (byte)'\n';
        line.Slice(1, 2 * level).Fill((byte)' ');
        output.Advance(1 + (2 * level));
    }
}

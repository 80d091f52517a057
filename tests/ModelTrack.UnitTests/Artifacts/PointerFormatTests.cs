using System.Text;
using System.Text.Json;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.UnitTests.Artifacts;

[TestClass]
public sealed class PointerFormatTests
{
    private const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    private const string Golden = """
        {
          "modeltrack": 1,
          "kind": "file",
          "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          "size": 4
        }

        """;

    private const string GoldenWithAll = """
        {
          "modeltrack": 1,
          "kind": "directory",
          "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          "size": 9223372036854775807,
          "files": 20000,
          "stage": {
            "key": "\u0041",
            "inputs": []
          },
          "metrics": {
            "accuracy": 0.9310,
            "loss": 1E-3
          },
          "source": {},
          "meta": {
            "z": [
              1,
              {
                "a": null
              },
              "é"
            ],
            "a": true
          }
        }

        """;

    [TestMethod]
    [Rule("Pointer 1")]
    public void The_golden_file_is_written_byte_for_byte() =>
        Assert.AreEqual(Golden, Text(PointerFormat.Write(new Pointer(ArtifactKind.File, Sha256Hash.Of("test"u8), 4))));

    [TestMethod]
    public void An_executable_file_says_so() =>
        Assert.AreEqual(
            Golden.Replace("4\n}", "4,\n  \"executable\": true\n}"),
            Text(PointerFormat.Write(new Pointer(ArtifactKind.File, Sha256Hash.Of("test"u8), 4, null, true))));

    [TestMethod]
    [Rule("Pointer 1")]
    [Rule("Pointer 2")]
    [Rule("Pointer 3")]
    [DataRow(Golden)]
    [DataRow(GoldenWithAll)]
    public void What_was_written_is_read_and_written_again_as_it_stood(string text) =>
        Assert.AreEqual(text, Text(PointerFormat.Write(Parse(text))));

    [TestMethod]
    public void Every_value_of_the_golden_file_is_read()
    {
        var pointer = Parse(GoldenWithAll);
        Assert.AreEqual(ArtifactKind.Directory, pointer.Kind);
        Assert.AreEqual(Hash, pointer.Sha256.ToString());
        Assert.AreEqual(long.MaxValue, pointer.Size);
        Assert.AreEqual(20000, pointer.Files);
        Assert.AreEqual("0.9310", pointer.Metrics!.Value.GetProperty("accuracy").GetRawText());
        Assert.IsTrue(pointer.Meta!.Value.GetProperty("a").GetBoolean());
    }

    [TestMethod]
    [Rule("Pointer 5")]
    [DataRow("crlf")]
    [DataRow("bom")]
    [DataRow("one line")]
    [DataRow("other order")]
    public void Another_dress_is_the_same_value(string dress)
    {
        var text = dress switch
        {
            "crlf" => GoldenWithAll.Replace("\n", "\r\n"),
            "bom" => "\uFEFF" + GoldenWithAll,
            "one line" => GoldenWithAll.Replace("\n", "").Replace("  ", ""),
            _ => GoldenWithAll.Replace("  \"modeltrack\": 1,\n", "").Replace("20000,", "20000,\n  \"modeltrack\": 1,"),
        };
        Assert.AreEqual(Parse(GoldenWithAll), Parse(text));
        Assert.AreEqual(GoldenWithAll, Text(PointerFormat.Write(Parse(text))));
    }

    [TestMethod]
    [Rule("Pointer 5")]
    public void A_file_may_say_that_it_is_not_executable() =>
        Assert.AreEqual(Parse(Golden), Parse(Golden.Replace("4\n}", "4,\n  \"executable\": false\n}")));

    [TestMethod]
    public void Pointers_that_differ_in_what_is_told_along_are_not_equal_but_name_the_same_content()
    {
        var one = Parse(GoldenWithAll);
        var other = Parse(GoldenWithAll.Replace("0.9310", "0.931"));
        Assert.AreNotEqual(one, other);
        Assert.AreNotEqual(one, one with { Meta = null });
        Assert.IsTrue(one.SameContent(other));
    }

    [TestMethod]
    [Rule("Pointer 6")]
    [Rule("Pointer 8")]
    [DataRow("", "MT1002", 1, 1)]
    [DataRow("[]", "MT1002", 1, 1)]
    [DataRow("{\n  \"modeltrack\": 1,\n  \"kind\": file\n}", "MT1002", 3, 12)]
    [DataRow("{\n  \"modeltrack\": 1,\n}", "MT1002", 3, 1)]
    [DataRow("{\"modeltrack\": 1} x", "MT1002", 1, 19)]
    [DataRow("{\"modeltrack\": 1 /* */}", "MT1002", 1, 18)]
    [DataRow("{\"modeltrack\": 2, \"new\": {}}", "MT1004", 1, 16)]
    [DataRow("{\"new\": {\"x\":1}, \"modeltrack\": 99999999999}", "MT1004", 1, 32)]
    [DataRow("{\"modeltrack\": 0}", "MT1008", 1, 16)]
    [DataRow("{\"modeltrack\": \"1\"}", "MT1008", 1, 16)]
    [DataRow("{\"modeltrack\": 1.0}", "MT1008", 1, 16)]
    [DataRow("{\"modeltrack\": 1, \"é\": 1, \"x\": 1}", "MT1005", 1, 19)]
    [DataRow("{\"modeltrack\": 1, \"modeltrack\": 1}", "MT1006", 1, 19)]
    [DataRow("{\"modeltrack\": 1, \"size\": 1, \"\\u0073ize\": 1}", "MT1006", 1, 30)]
    [DataRow("{\"modeltrack\": 1, \"meta\": {\"é\": 1, \"é\": 2}}", "MT1006", 1, 36)]
    [DataRow("{\"modeltrack\": 1, \"meta\": {\"a\": [{\"b\": 1, \"b\": 2}]}}", "MT1006", 1, 43)]
    [DataRow("{\"modeltrack\": 1, \"meta\": {\"a\": \"\\ud800\"}}", "MT1002", 1, 33)]
    [DataRow("{\"modeltrack\": 1, \"\\ud800\": 1}", "MT1002", 1, 19)]
    [DataRow("{\"modeltrack\": 1, \"meta\": []}", "MT1008", 1, 27)]
    [DataRow("{\"modeltrack\": 1, \"stage\": null}", "MT1008", 1, 28)]
    [DataRow("{\"modeltrack\": 1, \"kind\": \"link\"}", "MT1008", 1, 27)]
    [DataRow("{\"modeltrack\": 1, \"kind\": 1}", "MT1008", 1, 27)]
    [DataRow("{\"modeltrack\": 1, \"sha256\": \"abc\"}", "MT1008", 1, 29)]
    [DataRow("{\"modeltrack\": 1, \"sha256\": \"9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"}", "MT1008", 1, 29)]
    [DataRow("{\"modeltrack\": 1, \"size\": -1}", "MT1008", 1, 27)]
    [DataRow("{\"modeltrack\": 1, \"size\": -0}", "MT1008", 1, 27)]
    [DataRow("{\"modeltrack\": 1, \"size\": 4.0}", "MT1008", 1, 27)]
    [DataRow("{\"modeltrack\": 1, \"size\": 4e0}", "MT1008", 1, 27)]
    [DataRow("{\"modeltrack\": 1, \"size\": 9223372036854775808}", "MT1008", 1, 27)]
    [DataRow("{\"modeltrack\": 1, \"files\": 2147483648}", "MT1008", 1, 28)]
    [DataRow("{\"modeltrack\": 1, \"executable\": 1}", "MT1008", 1, 33)]
    [DataRow("{}", "MT1007", 1, 2)]
    [DataRow("{\"modeltrack\": 1,\n\"kind\": \"file\",\n\"size\": 1}", "MT1007", 3, 10)]
    [DataRow("{\"modeltrack\": 1, \"kind\": \"directory\", \"sha256\": \"" + Hash + "\", \"size\": 1}", "MT1007", 1, 127)]
    [DataRow("{\"modeltrack\": 1, \"kind\": \"file\", \"sha256\": \"" + Hash + "\", \"size\": 1, \"files\": 1}", "MT1008", 1, 124)]
    [DataRow("{\"modeltrack\": 1, \"kind\": \"directory\", \"sha256\": \"" + Hash + "\", \"size\": 1, \"files\": 1, \"executable\": false}", "MT1008", 1, 141)]
    public void Whatever_is_wrong_has_a_code_a_line_and_a_column(string text, string code, int line, int column)
    {
        var error = Assert.ThrowsExactly<ModelTrackException>(() => Parse(text)).Diagnostic;
        Assert.AreEqual((code, "x.track", line, column), (error.Code, error.File, error.Line, error.Column), error.ToString());
    }

    [TestMethod]
    [Rule("Pointer 8")]
    [DataRow("modeltrack")]
    [DataRow("kind")]
    [DataRow("sha256")]
    [DataRow("size")]
    [DataRow("files")]
    public void A_key_that_is_always_there_is_missed(string key)
    {
        var text = string.Join('\n', GoldenWithAll.Split('\n').Where(line => !line.StartsWith($"  \"{key}\":", StringComparison.Ordinal)));
        var error = Assert.ThrowsExactly<ModelTrackException>(() => Parse(text)).Diagnostic;
        Assert.AreEqual(("MT1007", 25, 1), (error.Code, error.Line, error.Column), error.ToString());
        StringAssert.Contains(error.Text, key);
    }

    [TestMethod]
    [Rule("Pointer 6")]
    public void Bytes_that_are_not_utf8_are_refused_at_their_place()
    {
        var bytes = Encoding.Latin1.GetBytes("{\n \"é\": 1}");
        var error = Assert.ThrowsExactly<ModelTrackException>(() => PointerFormat.Parse(bytes, "x.track")).Diagnostic;
        Assert.AreEqual(("MT1002", 2, 3), (error.Code, error.Line, error.Column));
    }

    [TestMethod]
    [Rule("Pointer 6")]
    public void Objects_nested_too_deep_are_refused()
    {
        // In the pointer's object and that of "meta".
        Parse(Nested(30));
        foreach (var depth in new[] { 31, 100_000 })
        {
            var error = Assert.ThrowsExactly<ModelTrackException>(() => Parse(Nested(depth))).Diagnostic;
            Assert.AreEqual(("MT1009", 5, 58), (error.Code, error.Line, error.Column), $"{depth}");
        }

        static string Nested(int depth) => Golden.Replace("4\n}", "4, \"meta\": {\"a\": " + new string('[', depth) + new string(']', depth) + "}}");
    }

    [TestMethod]
    [Rule("Pointer 6")]
    public void A_text_over_the_limit_is_refused()
    {
        Assert.AreEqual(Parse(Golden), Parse(Golden.PadRight(1_048_576)));
        Assert.AreEqual("MT1001", CodeOf(Encoding.UTF8.GetBytes(Golden.PadRight(1_048_577))));
    }

    [TestMethod]
    [Rule("Pointer 7")]
    [DataRow("\n")]
    [DataRow("\r\n")]
    public void An_unresolved_merge_names_both_sides_and_the_ways_out(string newLine)
    {
        var text = Golden.Replace(
            $"  \"sha256\": \"{Hash}\",\n",
            $"<<<<<<< HEAD\n  \"sha256\": \"{Hash}\",\n||||||| base\n  \"sha256\": \"{new string('b', 64)}\",\n=======\n  \"sha256\": \"{new string('a', 64)}\",\n>>>>>>> staging\n");
        var error = Assert.ThrowsExactly<ModelTrackException>(() => PointerFormat.Parse(Encoding.UTF8.GetBytes(text.Replace("\n", newLine)), "/r/models/x.track")).Diagnostic;
        Assert.AreEqual(("MT1003", 4), (error.Code, error.Line));
        StringAssert.Contains(error.Text, "HEAD (sha256 9f86d08188)");
        StringAssert.Contains(error.Text, "staging (sha256 aaaaaaaaaa)");
        StringAssert.Contains(error.Text, "git checkout --ours -- x.track");
        StringAssert.Contains(error.Text, "git checkout --theirs -- x.track");
    }

    [TestMethod]
    [Rule("Pointer 7")]
    [DataRow("<<<<<<< HEAD")]
    [DataRow("||||||| base")]
    [DataRow("=======")]
    [DataRow(">>>>>>> staging")]
    public void Each_line_of_a_merge_is_told_alone(string line)
    {
        var error = Assert.ThrowsExactly<ModelTrackException>(() => Parse(Golden.Replace("  \"sha256\"", line + "\n  \"sha256\""))).Diagnostic;
        Assert.AreEqual(("MT1003", 4, 1), (error.Code, error.Line, error.Column));
    }

    [TestMethod]
    public void What_could_not_be_read_again_is_not_written()
    {
        var doubled = JsonDocument.Parse("{\"a\": 1, \"a\": 2}").RootElement;
        var pointer = Parse(Golden) with { Metrics = doubled };
        Assert.AreEqual("MT1012", Assert.ThrowsExactly<ModelTrackException>(() => PointerFormat.Write(pointer)).Code);
    }

    /// <summary>Altered, cut and spliced pointers: each gives a value, whose text is then stable, or a coded error.</summary>
    [TestMethod]
    public void Any_bytes_give_a_value_or_a_coded_error()
    {
        var random = new Random(20261121);
        byte[][] seeds = [Encoding.UTF8.GetBytes(Golden), Encoding.UTF8.GetBytes(GoldenWithAll), [.. "<<<<<<< a\n=======\n>>>>>>> b\n"u8]];
        byte[][] tokens = [[.. "{"u8], [.. "}"u8], [.. "\""u8], [.. "\\ud800"u8], [.. ","u8], [0xC3], [0], [.. "-"u8], [.. "1e5"u8], [.. "\"meta\": {}"u8], [.. "\n"u8]];
        var values = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = seeds[random.Next(seeds.Length)].ToList();
            for (var edits = random.Next(4); edits >= 0; edits--)
            {
                var at = random.Next(bytes.Count + 1);
                switch (random.Next(5))
                {
                    case 0 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes.InsertRange(at, tokens[random.Next(tokens.Length)]); break;
                    case 2: bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(12))); break;
                    case 3: bytes.InsertRange(at, seeds[random.Next(seeds.Length)].Take(random.Next(80))); break;
                    default: bytes.InsertRange(at, [.. " \r\n\t"u8]); break;
                }
            }

            byte[] text = [.. bytes];
            if (CodeOf(text) is not null) continue;
            values++;
            var written = PointerFormat.Write(PointerFormat.Parse(text, ""));
            CollectionAssert.AreEqual(written, PointerFormat.Write(PointerFormat.Parse(written, "")));
        }

        Assert.IsTrue(values > 300, $"{values} of the texts were pointers.");
    }

    private static string? CodeOf(byte[] bytes)
    {
        try
        {
            PointerFormat.Parse(bytes, "x.track");
            return null;
        }
        catch (ModelTrackException e)
        {
            return e.Code;
        }
    }

    private static Pointer Parse(string text) => PointerFormat.Parse(Encoding.UTF8.GetBytes(text), "x.track");

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}

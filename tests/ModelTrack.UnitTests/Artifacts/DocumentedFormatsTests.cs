using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Artifacts;

/// <summary>The golden texts of docs/formats.md are what is written.</summary>
[TestClass]
public sealed class DocumentedFormatsTests
{
    private static readonly string s_page = SourceTree.Read("docs", "formats.md").ReplaceLineEndings("\n");

    [TestMethod]
    public void The_pointer_is_as_documented()
    {
        var text = Block("## Pointer", "json");
        Assert.AreEqual(text, Encoding.UTF8.GetString(PointerFormat.Write(new Pointer(ArtifactKind.File, Sha256Hash.Of("test"u8), 4))));
    }

    [TestMethod]
    public void The_listing_is_as_documented_and_has_the_documented_hash()
    {
        var bytes = Encoding.UTF8.GetBytes(Block("## Directory listing", ""));
        var listing = Listing.Parse(bytes, "docs/formats.md");
        CollectionAssert.AreEqual(bytes, listing.ToBytes());
        StringAssert.Contains(s_page, $"# {listing.Id}");
        StringAssert.Contains(s_page, $"# {Listing.Empty.Id}");
    }

    private static string Block(string heading, string language)
    {
        var start = s_page.IndexOf(heading + "\n", StringComparison.Ordinal);
        Assert.IsTrue(start >= 0, heading);
        var fence = $"\n```{language}\n";
        start = s_page.IndexOf(fence, start, StringComparison.Ordinal) + fence.Length;
        return s_page[start..(s_page.IndexOf("\n```", start, StringComparison.Ordinal) + 1)];
    }
}

using ModelTrack.Operations;

namespace ModelTrack.UnitTests.Operations;

[TestClass]
public sealed class ProjectXmlTests
{
    [TestMethod]
    public void A_line_goes_with_its_element_and_nothing_else_changes()
    {
        const string text = "<Project Sdk='Microsoft.NET.Sdk'>\r\n  <!-- mine -->\r\n  <ItemGroup>\r\n    <TrackedArtifact Include=\"a &gt; b.bin\" />\r\n    <None  Include = 'x'   />\r\n  </ItemGroup>\r\n</Project>";
        Assert.AreEqual(
            "<Project Sdk='Microsoft.NET.Sdk'>\r\n  <!-- mine -->\r\n  <ItemGroup>\r\n    <None  Include = 'x'   />\r\n  </ItemGroup>\r\n</Project>",
            ProjectXml.Remove(text, e => e.Name.LocalName == "TrackedArtifact"));
    }

    [TestMethod]
    public void A_group_that_becomes_empty_goes_too_and_one_with_a_comment_stays()
    {
        const string text = "<Project>\n  <ItemGroup>\n    <T Include=\"a\">\n      <Link>b</Link>\n    </T>\n    <T Include=\"c\" /></ItemGroup>\n  <ItemGroup>\n    <!-- why -->\n    <T Include=\"d\" />\n  </ItemGroup>\n</Project>\n";
        Assert.AreEqual(
            "<Project>\n  <ItemGroup>\n    <!-- why -->\n  </ItemGroup>\n</Project>\n",
            ProjectXml.Remove(text, e => e.Name.LocalName == "T"));
    }

    [TestMethod]
    public void Elements_on_one_line_leave_their_neighbours()
    {
        Assert.AreEqual("<P><I><B/></I></P>", ProjectXml.Remove("<P><I><A x=\">\"/><B/><A>t</A></I></P>", e => e.Name.LocalName == "A"));
    }

    [TestMethod]
    public void A_place_is_named_by_line_and_text()
    {
        var places = ProjectXml.Find("<P>\n <I Condition=\"c\">\n  <A Include=\"x\" />\n </I>\n</P>", e => e.Name.LocalName == "A");
        Assert.AreEqual(new ProjectXml.Place(3, "<A Include=\"x\">"), places.Single());
    }

    [TestMethod]
    [DataRow("<P><I><A/></I></P>", true)]
    [DataRow("<P><I><A Condition=\"c\"/></I></P>", false)]
    [DataRow("<P><I Condition=\"c\"><A/></I></P>", false)]
    [DataRow("<P><Target Name=\"t\"><I><A/></I></Target></P>", false)]
    [DataRow("<P><Choose><Otherwise><I><A/></I></Otherwise></Choose></P>", false)]
    public void Plain_means_that_nothing_conditional_is_around(string text, bool plain) =>
        Assert.AreEqual(plain, ProjectXml.IsPlain(ProjectXml.Load(text).Descendants("A").Single()));
}

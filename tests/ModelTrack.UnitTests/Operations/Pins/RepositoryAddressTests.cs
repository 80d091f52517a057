using ModelTrack.Diagnostics;
using ModelTrack.Operations.Pins;

namespace ModelTrack.UnitTests.Operations.Pins;

[TestClass]
public sealed class RepositoryAddressTests
{
    [TestMethod]
    [DataRow("https://github.com/owner/name.git")]
    [DataRow("http://127.0.0.1:8080/x")]
    [DataRow("ssh://git@host:2222/owner/name")]
    [DataRow("git@github.com:owner/name.git")]
    [DataRow("work:owner/name")]
    [DataRow("file:///srv/git/x")]
    public void What_git_reaches_over_a_transport_stays_as_it_is(string text)
    {
        var address = RepositoryAddress.Parse($" {text} ", "/base");
        Assert.AreEqual(text, address.Text);
        Assert.IsNull(address.Folder);
    }

    [TestMethod]
    [DataRow("../data")]
    [DataRow("..\\data")]
    public void A_folder_is_relative_to_the_project(string text) =>
        Assert.AreEqual(Path.GetFullPath("/base/data"), RepositoryAddress.Parse(text, Path.GetFullPath("/base/app")).Folder);

    [TestMethod]
    [DataRow("")]
    [DataRow("--upload-pack=touch x")]
    [DataRow("ext::sh -c touch% x")]
    [DataRow("s3://bucket/prefix")]
    [DataRow("https://host/a\nb")]
    [DataRow("https://token@github.com/o/n")]
    [DataRow("https://user:hunter22@github.com/o/n")]
    [DataRow("ssh://git:hunter22@host/o/n")]
    public void What_is_no_address_or_holds_a_secret_is_refused_without_showing_it(string text)
    {
        var error = Assert.Throws<ModelTrackException>(() => RepositoryAddress.Parse(text, "/base"));
        Assert.AreEqual("MT5909", error.Code);
        Assert.IsFalse(error.Message.Contains("hunter22", StringComparison.Ordinal) || error.Message.Contains("token@", StringComparison.Ordinal), error.Message);
    }
}

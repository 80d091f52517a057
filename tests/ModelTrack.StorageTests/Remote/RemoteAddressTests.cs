using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Remote;

[TestClass]
public sealed class RemoteAddressTests
{
    private static readonly string s_base = Path.Combine(Path.GetTempPath(), "config");

    [TestMethod]
    public void A_path_is_relative_to_the_configurations_folder()
    {
        Assert.AreEqual(Path.Combine(Path.GetTempPath(), "remote"), RemoteAddress.Parse("../remote", s_base).Location);
        Assert.AreEqual(Path.Combine(s_base, "a", "b"), RemoteAddress.Parse(@".\a\b\", s_base).Location);
        Assert.AreEqual(Path.Combine(s_base, "a b"), RemoteAddress.Parse("  a b ", s_base).Location);
        Assert.AreEqual(RemoteKind.Folder, RemoteAddress.Parse("x", s_base).Kind);
    }

    [TestMethod]
    public void A_file_url_is_its_path()
    {
        var url = new Uri(Path.Combine(s_base, "a b#c")).AbsoluteUri;
        Assert.AreEqual(Path.Combine(s_base, "a b#c"), RemoteAddress.Parse(url, "/").Location);
        Assert.AreEqual(Path.Combine(s_base, "x"), RemoteAddress.Parse(new Uri(Path.Combine(s_base, "x")).AbsoluteUri.Replace("file:///", "file://localhost/", StringComparison.Ordinal), "/").Location);
        Assert.AreEqual(Path.Combine(s_base, "x"), RemoteAddress.Parse(new Uri(Path.Combine(s_base, "x")).AbsoluteUri.Replace("file:///", "file:/", StringComparison.Ordinal), "/").Location);
    }

    [TestMethod]
    public void A_share_by_its_windows_name_opens_on_windows_only()
    {
        foreach (var address in new[] { @"\\server\models\team", "file://server/models/team" })
        {
            if (OperatingSystem.IsWindows()) Assert.AreEqual(@"\\server\models\team", RemoteAddress.Parse(address, s_base).Location);
            else Assert.AreEqual("MT3609", CodeOf(address));
        }
    }

    [TestMethod]
    [DataRow("s3://bucket/prefix/", "s3://bucket/prefix", "S3")]
    [DataRow("s3://bucket", "s3://bucket", "S3")]
    [DataRow("https://host:8080/path", "https://host:8080/path", "Http")]
    [DataRow("HTTP://host", "HTTP://host", "Http")]
    public async Task Other_kinds_are_recognised_and_opened_without_a_request(string text, string location, string kind)
    {
        var address = RemoteAddress.Parse(text, s_base);

        Assert.AreEqual(location, address.Location);
        Assert.AreEqual(Enum.Parse<RemoteKind>(kind), address.Kind);
        await using var transport = Remotes.Open(address, RemoteSettings.None);
        Assert.AreEqual(location, transport.Traits.Name);
    }

    [TestMethod]
    [DataRow("", "MT3606")]
    [DataRow("   ", "MT3606")]
    [DataRow("a\nb", "MT3606")]
    [DataRow("s3://", "MT3606")]
    [DataRow("https:///x", "MT3606")]
    [DataRow("s3://bucket/../x", "MT3606")]
    [DataRow("https://h/%2e%2e/x", "MT3606")]
    [DataRow("https://user:secret@host/x", "MT3607")]
    [DataRow("https://secret@host/x", "MT3607")]
    [DataRow("s3://key:secret@bucket", "MT3607")]
    [DataRow("https://host/x?sig=secret", "MT3607")]
    [DataRow("https://host/x#secret", "MT3607")]
    [DataRow("file:///x?secret", "MT3607")]
    [DataRow("https://user:secret/secret@host", "MT3606")]
    [DataRow("https://user:secret/secret@secret@host/x", "MT3606")]
    [DataRow("s3://key:secret/secret@bucket", "MT3606")]
    [DataRow("file://user:secret/secret@host", "MT3606")]
    [DataRow("https://user:secret?secret@host", "MT3607")]
    [DataRow("https://user:secret#secret@host/x", "MT3607")]
    [DataRow("https://host/x?sig=secret@secret", "MT3607")]
    [DataRow("ftp://user:secret/secret@host/x", "MT3608")]
    [DataRow("https://host/secret@x/../y", "MT3606")]
    [DataRow("ftp://host/x", "MT3608")]
    [DataRow("ssh://git@host/x", "MT3607")]
    [DataRow("git@github.com:owner/repo", "MT3608")]
    public void A_bad_address_has_a_code_and_its_message_tells_no_secret(string text, string code)
    {
        var error = Assert.Throws<ModelTrackException>(() => RemoteAddress.Parse(text, s_base));

        Assert.AreEqual(code, error.Code);
        Assert.IsFalse(error.Message.Contains("secret", StringComparison.Ordinal), error.Message);
    }

    [TestMethod]
    public void Any_text_is_an_address_or_a_coded_error()
    {
        var random = new Random(20261121);
        const string Alphabet = "abc:/\\@?#.%2 \0\té3[]{}~-_s3httpfile";
        for (var i = 0; i < 5000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            if (random.Next(3) == 0) text = new[] { "s3://", "file://", "https://", "file:" }[random.Next(4)] + text;
            try
            {
                Assert.IsNotNull(RemoteAddress.Parse(text, s_base).Location);
            }
            catch (ModelTrackException)
            {
            }
        }
    }

    [TestMethod]
    public void A_folder_opens_as_a_folder()
    {
        var transport = Remotes.Open(RemoteAddress.Parse("remote", s_base), RemoteSettings.None);

        Assert.IsInstanceOfType<FileTransport>(transport);
        Assert.AreEqual(Path.Combine(s_base, "remote"), transport.Traits.Name);
    }

    private static string CodeOf(string address) => Assert.Throws<ModelTrackException>(() => RemoteAddress.Parse(address, s_base)).Code;
}

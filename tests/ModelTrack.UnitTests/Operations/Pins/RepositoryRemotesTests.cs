using System.Text;
using ModelTrack.Operations;
using ModelTrack.Operations.Pins;
using ModelTrack.Storage.Remote;

namespace ModelTrack.UnitTests.Operations.Pins;

/// <summary>What another repository's ModelTrack.props says, read and never executed.</summary>
[TestClass]
public sealed class RepositoryRemotesTests
{
    private static readonly OperationOptions s_options = new()
    {
        ProjectDirectory = "/project",
        ProjectFile = "/project/p.csproj",
        IntermediateDirectory = "/project/obj",
        DefaultRemote = "/own",
        RestoreFrom = ["/own-mirror"],
    };

    private static OperationOptions Parse(string content, string? folder = "/other", params RemoteDefinition[] own) =>
        RepositoryRemotes.Parse(Encoding.UTF8.GetBytes($"<Project>{content}</Project>"), folder, s_options, own);

    private static string Remote(string? value) => $"<PropertyGroup><ModelTrackRemote>{value}</ModelTrackRemote></PropertyGroup>";

    [TestMethod]
    [DataRow("s3://bucket/prefix", "s3://bucket/prefix")]
    [DataRow(" ../share ", "../share")]
    [DataRow("$(MSBuildThisFileDirectory)../share", "./../share")]
    public void The_remote_is_the_literal_one(string text, string expected)
    {
        var options = Parse(Remote(text));
        Assert.AreEqual(expected, options.DefaultRemote);
        Assert.AreEqual("/other", options.RemoteBaseDirectory);
        Assert.IsEmpty(options.RestoreFrom, "The project's own mirrors have nothing of that repository.");
    }

    [TestMethod]
    public void The_last_value_counts_and_the_usual_condition_is_understood()
    {
        Assert.AreEqual("/b", Parse(Remote("/a") + Remote("/b")).DefaultRemote);
        const string Default = "<PropertyGroup><ModelTrackRemote Condition=\"'$(ModelTrackRemote)' == ''\">/c</ModelTrackRemote></PropertyGroup>";
        Assert.AreEqual("/a", Parse(Remote("/a") + Default).DefaultRemote);
        Assert.AreEqual("/c", Parse(Default).DefaultRemote);
    }

    [TestMethod]
    public void Named_remotes_come_along_but_not_the_names_of_secrets()
    {
        var options = Parse(
            Remote("cloud") + "<ItemGroup><TrackedRemote Include=\"cloud\" Url=\"https://store.example/x\" Region=\"eu\" TokenVariable=\"MY_SECRET\"><Endpoint>https://e</Endpoint></TrackedRemote></ItemGroup>", null);
        var remote = options.Remotes.Single();
        Assert.AreEqual("https://store.example/x", remote.Url);
        Assert.AreEqual("eu", remote.Settings.Region);
        Assert.AreEqual("https://e", remote.Settings.Endpoint);
        Assert.IsNull(remote.Settings.TokenVariable);
    }

    [TestMethod]
    public void The_project_s_own_item_for_the_same_place_gives_its_settings()
    {
        var own = new RemoteDefinition("ours", "https://store.example/x", new RemoteSettings { TokenVariable = "OUR_TOKEN" });
        var options = Parse(Remote("cloud") + "<ItemGroup><TrackedRemote Include=\"cloud\" Url=\"https://store.example/x\" TokenVariable=\"MY_SECRET\" /></ItemGroup>", null, own);
        Assert.AreEqual("OUR_TOKEN", options.Remotes.Single().Settings.TokenVariable);
    }

    [TestMethod]
    [DataRow("", DisplayName = "nothing")]
    [DataRow("<PropertyGroup><ModelTrackRemote>$(Share)/x</ModelTrackRemote></PropertyGroup>", DisplayName = "an expression")]
    [DataRow("<PropertyGroup><ModelTrackRemote>$([System.IO.File]::ReadAllText('/etc/passwd'))</ModelTrackRemote></PropertyGroup>", DisplayName = "a function")]
    [DataRow("<PropertyGroup Condition=\"'$(CI)' == 'true'\"><ModelTrackRemote>/a</ModelTrackRemote></PropertyGroup>", DisplayName = "a condition around")]
    [DataRow("<PropertyGroup><ModelTrackRemote>../share</ModelTrackRemote></PropertyGroup>", DisplayName = "a folder beside a repository that is not here")]
    [DataRow("<PropertyGroup><ModelTrackRemote>x</ModelTrackRemote>", DisplayName = "no XML")]
    public void What_cannot_be_told_without_a_build_is_refused(string content) => Assert.Throws<FormatException>(() => Parse(content, null));

    [TestMethod]
    public void Entities_are_not_expanded() => Assert.Throws<FormatException>(() => RepositoryRemotes.Parse(
        "<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><Project><PropertyGroup><ModelTrackRemote>&x;</ModelTrackRemote></PropertyGroup></Project>"u8.ToArray(), null, s_options, []));
}

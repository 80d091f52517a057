using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.StorageTests.Support;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Transports.S3;

/// <summary>Where requests go and what they are signed with, decided from settings and environment.</summary>
[TestClass]
public sealed class S3PlaceTests
{
    [TestMethod]
    [DataRow(null, null, null, "", null, false, DisplayName = "AWS")]
    [DataRow(null, "eu-west-1", null, "", "eu-west-1", false, DisplayName = "AWS with a region")]
    [DataRow("http://127.0.0.1:9000", null, null, "http://127.0.0.1:9000/", null, true, DisplayName = "MinIO")]
    [DataRow("https://account.r2.cloudflarestorage.com", "auto", null, "https://account.r2.cloudflarestorage.com/", "auto", true, DisplayName = "R2")]
    [DataRow("https://s3.us-west-004.backblazeb2.com", null, null, "https://s3.us-west-004.backblazeb2.com/", "us-west-004", true, DisplayName = "B2")]
    [DataRow("https://storage.googleapis.com", null, null, "https://storage.googleapis.com/", null, true, DisplayName = "Google")]
    [DataRow("https://dagshub.com/api/v1/repo-buckets/s3/ada", null, null, "https://dagshub.com/api/v1/repo-buckets/s3/ada", null, true, DisplayName = "DagsHub")]
    [DataRow("https://s3.eu-central-1.amazonaws.com", null, null, "https://s3.eu-central-1.amazonaws.com/", "eu-central-1", false, DisplayName = "AWS by its endpoint")]
    [DataRow("https://oss-cn-beijing.aliyuncs.com", null, null, "https://oss-cn-beijing.aliyuncs.com/", null, false, DisplayName = "virtual hosts only")]
    [DataRow("http://127.0.0.1:9000", null, false, "http://127.0.0.1:9000/", null, false)]
    [DataRow(null, null, true, "", null, true)]
    public void A_place_follows_from_the_settings(string? endpoint, string? region, bool? forcePathStyle, string url, string? signedFor, bool pathStyle)
    {
        var place = S3Place.Of("s3://team/models/v1", new RemoteSettings { Endpoint = endpoint, Region = region, ForcePathStyle = forcePathStyle }, _ => null);

        Assert.AreEqual("team", place.Bucket);
        Assert.AreEqual("models/v1/", place.Prefix);
        Assert.AreEqual(url, place.Endpoint?.AbsoluteUri ?? "");
        Assert.AreEqual(signedFor, place.Region);
        Assert.AreEqual(pathStyle, place.PathStyle);
    }

    [TestMethod]
    public void The_environment_speaks_where_the_settings_are_silent()
    {
        var variables = S3Bed.Options(("AWS_ENDPOINT_URL", "http://one"), ("AWS_ENDPOINT_URL_S3", "http://two"), ("AWS_REGION", "eu-north-1"), ("AWS_DEFAULT_REGION", "x")).Variable;

        var place = S3Place.Of("s3://team", RemoteSettings.None, variables);
        Assert.AreEqual(("http://two/", "eu-north-1", ""), (place.Endpoint!.AbsoluteUri, place.Region, place.Prefix));

        place = S3Place.Of("s3://team", new RemoteSettings { Endpoint = "https://three", Region = "here" }, variables);
        Assert.AreEqual(("https://three/", "here"), (place.Endpoint!.AbsoluteUri, place.Region));
    }

    [TestMethod]
    [DataRow("127.0.0.1:9000")]
    [DataRow("ftp://host")]
    [DataRow("https://user:secret@host")]
    [DataRow("https://host?x=secret")]
    public void An_endpoint_that_is_no_plain_url_is_refused_without_showing_it(string endpoint)
    {
        var error = Assert.Throws<ModelTrackException>(() => new S3Transport("s3://team", new RemoteSettings { Endpoint = endpoint }));
        Assert.AreEqual("MT3705", error.Code);
        Assert.DoesNotContain("secret", error.Message);
    }

    [TestMethod]
    [DataRow("TEAM_KEY", "TEAM_SECRET", "MT3701", "TEAM_SECRET")]
    [DataRow("NONE", "TEAM_SECRET", "MT3701", "NONE")]
    [DataRow("TEAM_KEY", null, "MT3702", "TokenVariable")]
    [DataRow(null, "TEAM_KEY", "MT3702", "UsernameVariable")]
    public async Task A_variable_that_is_not_there_is_named(string? user, string? token, string code, string says)
    {
        var settings = new RemoteSettings { Endpoint = "http://127.0.0.1:1", UsernameVariable = user, TokenVariable = token };
        await using var transport = new S3Transport("s3://team", settings, S3Bed.Options(("TEAM_KEY", "k")));

        var error = await Assert.ThrowsAsync<ModelTrackException>(async () => await transport.HeadAsync("x", default));
        Assert.AreEqual(code, error.Code);
        StringAssert.Contains(error.Message, says);
    }

    [TestMethod]
    public async Task A_profile_whose_program_takes_its_time_is_waited_for_up_to_a_limit_of_its_own()
    {
        // The SDK starts it by another shell there.
        if (OperatingSystem.IsWindows()) return;
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder["keys"], """{"Version":1,"AccessKeyId":"k","SecretAccessKey":"s"}""");
        await File.WriteAllTextAsync(folder["slow"], $"sleep 2\ncat '{folder["keys"]}'\n");
        await File.WriteAllTextAsync(folder["profiles"], $"[slow]\ncredential_process = sh {folder["slow"]}\n");
        await using var server = await BucketServer.StartAsync();
        var settings = new RemoteSettings { Endpoint = server.Endpoint, Profile = "slow" };
        var options = S3Bed.Options() with { ProfilesLocation = folder["profiles"], ChainPatience = TimeSpan.FromSeconds(0.5) };

        await using var transport = new S3Transport("s3://team", settings, options);
        Assert.IsNull(await transport.HeadAsync("x", default));

        await using var hasty = new S3Transport("s3://team", settings, options with { ProfilePatience = TimeSpan.FromSeconds(0.5) });
        var error = await Assert.ThrowsAsync<ModelTrackException>(async () => await hasty.HeadAsync("x", default));
        Assert.AreEqual("MT3703", error.Code);
        StringAssert.Contains(error.Message, "in time");
        Assert.AreEqual((TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1)), (new S3Options().ChainPatience, new S3Options().ProfilePatience));
    }

    [TestMethod]
    public async Task A_profile_that_is_not_there_is_named()
    {
        await using var transport = new S3Transport("s3://team", new RemoteSettings { Profile = "no-such-profile-here" }, S3Bed.Options());
        var error = await Assert.ThrowsAsync<ModelTrackException>(async () => await transport.HeadAsync("x", default));
        Assert.AreEqual("MT3703", error.Code);
        StringAssert.Contains(error.Message, "no-such-profile-here");
    }
}

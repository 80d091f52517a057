using ModelTrack.Diagnostics;
using ModelTrack.Storage.Transports;
using ModelTrack.StorageTests.Remote;
using ModelTrack.TestServers;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Transports;

/// <summary>
/// Pushes and pulls through a server, and a way to it, that fail in every way: each ends complete or with a code, never with wrong bytes, and
/// a second run moves only what the first did not. What all kinds of servers share is here; what one alone says is with its kind.
/// </summary>
public abstract class ServerFaultTests
{
    protected const int Size = 36_000_000;
    protected const int Always = 1_000_000;

    /// <summary>What may come again although it was there: manifests, looks at flags, the pack that was under way when the first run gave up.</summary>
    protected const int Slack = 600_000;

    protected static readonly RetryOptions Retry = new(4, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5));

    /// <summary>What stands before the remote's keys at the server.</summary>
    protected abstract string Before { get; }

    protected abstract Task<IFaultyServer> StartAsync();

    /// <param name="patience">How long nothing may move; null for the usual.</param>
    protected abstract ITransport Driver(IFaultyServer server, TimeSpan? patience);

    [TestMethod]
    [DataRow(ServerFault.CutBefore)]
    [DataRow(ServerFault.CutWithin)]
    [DataRow(ServerFault.CutAfter)]
    [DataRow(ServerFault.Status500)]
    [DataRow(ServerFault.Status502)]
    [DataRow(ServerFault.Status503)]
    [DataRow(ServerFault.Status429)]
    [DataRow(ServerFault.Stall)]
    [DataRow(ServerFault.StallWithin)]
    public async Task A_push_outlives_what_passes(ServerFault fault)
    {
        await using var server = await StartAsync();
        await using var bed = new RemoteBed();
        server.Faults.On(fault, "PUT", Before + "packs/", nth: 2, times: 2).On(fault, "PUT", Before + "manifests/");
        var one = bed.NewMachine(Open(server, fault: fault));
        var artifact = await one.SaveAsync(Noise(Size, 1));

        Assert.IsFalse((await one.PushAsync(artifact)).AlreadyThere);
        Assert.AreEqual(3, server.Faults.Played);
        await bed.NewMachine(Open(server)).PullAsync(artifact);
    }

    [TestMethod]
    [DataRow(ServerFault.CutBefore, "MT3101")]
    [DataRow(ServerFault.CutWithin, "MT3101")]
    [DataRow(ServerFault.Status500, "MT3101")]
    [DataRow(ServerFault.Status503, "MT3101")]
    [DataRow(ServerFault.Status429, "MT3101")]
    [DataRow(ServerFault.StallWithin, "MT3101")]
    public async Task A_push_that_cannot_go_on_says_why_and_the_next_sends_only_what_did_not_arrive(ServerFault fault, string code)
    {
        await using var server = await StartAsync();
        await using var bed = new RemoteBed();
        server.Faults.On(fault, "PUT", Before + "packs/", nth: 3, times: Always);
        var one = bed.NewMachine(Open(server, connections: 1, fault));
        var artifact = await one.SaveAsync(Noise(Size, 2));

        Assert.AreEqual(code, (await Assert.ThrowsAsync<ModelTrackException>(() => one.PushAsync(artifact))).Code);
        Assert.IsEmpty(server.Keys(Before + "manifests/"), "no manifest of what is not there");
        Assert.HasCount(2, server.Keys(Before + "packs/"));
        var arrived = server.Keys(Before + "packs/").Sum(key => (long)server.Objects[key].Bytes.Length);

        server.Faults.Clear();
        server.Forget();
        await one.PushAsync(artifact);
        Assert.IsLessThan(Size - arrived + Slack, server.BytesReceived);
        await bed.NewMachine(Open(server)).PullAsync(artifact);
    }

    [TestMethod]
    [DataRow(ServerFault.Short)]
    [DataRow(ServerFault.Long)]
    public async Task What_a_server_stored_wrongly_is_never_delivered_and_is_healed_from_a_store(ServerFault fault)
    {
        await using var server = await StartAsync();
        await using var bed = new RemoteBed();
        server.Faults.On(fault, "PUT", Before + "packs/", nth: 2);
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(Size, 3));
        await one.PushAsync(artifact);
        Assert.AreEqual(1, server.Faults.Played);

        var other = bed.NewMachine(Open(server));
        if (fault == ServerFault.WrongByte) Assert.AreEqual("MT3103", await other.CodeOfPullAsync(artifact));
        Assert.IsTrue((await one.Remote.VerifyAsync([artifact], 100, heal: true, default)).IsGood);
        await bed.NewMachine(Open(server)).PullAsync(artifact);
    }

    [TestMethod]
    [DataRow(ServerFault.CutBefore)]
    [DataRow(ServerFault.CutWithin)]
    [DataRow(ServerFault.CutAfter)]
    [DataRow(ServerFault.Status500)]
    [DataRow(ServerFault.Status502)]
    [DataRow(ServerFault.Status503)]
    [DataRow(ServerFault.Status429)]
    [DataRow(ServerFault.Stall)]
    [DataRow(ServerFault.StallWithin)]
    [DataRow(ServerFault.WrongByte)]
    [DataRow(ServerFault.Short)]
    [DataRow(ServerFault.Long)]
    [DataRow(ServerFault.LongUntold)]
    [DataRow(ServerFault.OtherRange)]
    [DataRow(ServerFault.IgnoreRange)]
    [DataRow(ServerFault.IgnoreConditions)]
    [DataRow(ServerFault.LyingETag)]
    [DataRow(ServerFault.ClockAhead)]
    public async Task A_pull_outlives_what_passes(ServerFault fault)
    {
        await using var server = await StartAsync();
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(Size, 4));
        await one.PushAsync(artifact);
        server.Faults.On(fault, "GET", Before + "packs/", nth: 2, times: 2).On(fault, "GET", Before + "manifests/");

        await bed.NewMachine(Open(server, fault: fault)).PullAsync(artifact);
        Assert.IsGreaterThan(0, server.Faults.Played);
    }

    [TestMethod]
    [Rule("Pull 5")]
    public async Task A_manifest_with_a_wrong_byte_is_read_once_more_and_then_told()
    {
        await using var server = await StartAsync();
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(1_000_000, 10));
        await one.PushAsync(artifact);
        server.Faults.On(ServerFault.WrongByte, "GET", Before + "manifests/", times: 2);

        var other = bed.NewMachine(Open(server));
        var error = await Assert.ThrowsAsync<ModelTrackException>(() => other.Remote.FindAsync(artifact.Id, default));
        Assert.AreEqual("MT3102", error.Code);
        StringAssert.Contains(error.Message, "ModelTrackVerify");
        Assert.AreEqual(2, server.Faults.Played);

        server.Faults.On(ServerFault.WrongByte, "GET", Before + "manifests/");
        await other.PullAsync(artifact);
        Assert.AreEqual(3, server.Faults.Played);
    }

    [TestMethod]
    public async Task A_piece_of_a_large_manifest_with_a_wrong_byte_is_read_once_more_and_then_told()
    {
        await using var server = await StartAsync();
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(60_000_000, 11));
        await one.PushAsync(artifact);

        // Its body is over 64 KiB and therefore in a pack, which the first reads are of.
        server.Faults.On(ServerFault.WrongByte, "GET", Before + "packs/");
        await bed.NewMachine(Open(server)).PullAsync(artifact);
        Assert.AreEqual(1, server.Faults.Played);

        server.Faults.On(ServerFault.WrongByte, "GET", Before + "packs/", times: Always);
        var error = await Assert.ThrowsAsync<ModelTrackException>(() => bed.NewMachine(Open(server)).FetchAsync(artifact));
        Assert.AreEqual("MT3103", error.Code);
        StringAssert.Contains(error.Message, "ModelTrackVerify");
    }

    [TestMethod]
    [DataRow(ServerFault.IgnoreRange)]
    [DataRow(ServerFault.IgnoreConditions)]
    [DataRow(ServerFault.LyingETag)]
    [DataRow(ServerFault.ClockAhead)]
    public async Task What_a_server_always_does_oddly_changes_no_byte(ServerFault fault)
    {
        await using var server = await StartAsync();
        await using var bed = new RemoteBed();
        server.Faults.On(fault, times: Always);
        var one = bed.NewMachine(Open(server));
        var bytes = Noise(Size, 5);
        var artifact = await one.SaveAsync(bytes);
        await one.PushAsync(artifact);
        Assert.IsTrue((await one.PushAsync(artifact)).AlreadyThere);
        bytes[Size / 2] ^= 1;
        var next = await one.SaveAsync(bytes);
        await one.PushAsync(next, artifact);

        var other = bed.NewMachine(Open(server));
        await other.PullAsync(artifact);
        await other.PullAsync(next, artifact);
    }

    [TestMethod]
    [DataRow(ServerFault.CutBefore, "MT3101")]
    [DataRow(ServerFault.CutWithin, "MT3101")]
    [DataRow(ServerFault.Status500, "MT3101")]
    [DataRow(ServerFault.Status503, "MT3101")]
    [DataRow(ServerFault.StallWithin, "MT3101")]
    [DataRow(ServerFault.Short, "MT3101")]
    [DataRow(ServerFault.OtherRange, "MT3101")]
    [DataRow(ServerFault.WrongByte, "MT3103")]
    public Task A_pull_that_cannot_go_on_says_why_and_the_next_fetches_only_what_did_not_arrive(ServerFault fault, string code) => PullThatCannotGoOnAsync(fault, code, "");

    /// <param name="says">Stands in the message.</param>
    protected async Task PullThatCannotGoOnAsync(ServerFault fault, string code, string says)
    {
        await using var server = await StartAsync();
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(Size, 6));
        await one.PushAsync(artifact);

        var other = bed.NewMachine(Open(server, connections: 1, fault));
        server.Forget();
        server.Faults.On(fault, "GET", Before + "packs/", nth: 6, times: Always);
        var error = await Assert.ThrowsAsync<ModelTrackException>(() => other.FetchAsync(artifact));
        Assert.AreEqual(code, error.Code);
        Assert.Contains(says, error.Message);
        var bad = server.Faults.Played;
        server.Faults.Clear();
        Assert.IsGreaterThan(0, bad);

        // Five ranges of about 4 MiB were right before the first fault.
        server.Forget();
        await other.PullAsync(artifact);
        Assert.IsLessThan(Size - (4 * 4_000_000), server.BytesSent);
    }

    [TestMethod]
    public async Task A_pack_that_a_manifest_names_and_the_server_does_not_have_is_told_and_sent_again_alone()
    {
        await using var server = await StartAsync();
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(Size, 12));
        await one.PushAsync(artifact);
        var pack = server.Keys(Before + "packs/").MaxBy(key => server.Objects[key].Bytes.Length)!;
        Assert.IsTrue(server.Objects.TryRemove(pack, out var lost));

        var other = bed.NewMachine(Open(server));
        var error = await Assert.ThrowsAsync<ModelTrackException>(() => other.FetchAsync(artifact));
        Assert.AreEqual("MT3103", error.Code);
        StringAssert.Contains(error.Message, "ModelTrackVerify");

        // A machine that did not see the pack there lately: its push looks for each, and sends what is not.
        var third = bed.NewMachine(Open(server));
        Assert.AreEqual(artifact.Id, (await third.SaveAsync(Noise(Size, 12))).Id);
        server.Forget();
        Assert.IsFalse((await third.PushAsync(artifact)).AlreadyThere);
        Assert.IsLessThan(lost!.Bytes.Length + Slack, server.BytesReceived);
        server.Forget();
        await other.PullAsync(artifact);
        Assert.IsLessThan(lost.Bytes.Length + Slack, server.BytesSent);
    }

    [TestMethod]
    public async Task A_remote_that_was_emptied_behind_a_full_store_is_filled_again_by_a_push()
    {
        await using var server = await StartAsync();
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var bytes = Noise(Size, 13);
        var first = await one.SaveAsync(bytes);
        await one.PushAsync(first);
        bytes[1] ^= 1;
        var second = await one.SaveAsync(bytes);
        await one.PushAsync(second, first);
        server.Objects.Clear();

        Assert.IsNull(await bed.NewMachine(Open(server)).Remote.FindAsync(first.Id, default));
        Assert.IsFalse((await one.PushAsync(second, first)).AlreadyThere);
        await bed.NewMachine(Open(server)).PullAsync(second);
        server.Forget();
        Assert.IsFalse((await one.PushAsync(first, second)).AlreadyThere);
        Assert.IsLessThan(Slack, server.BytesReceived, "the second's packs have nearly all of it");
        await bed.NewMachine(Open(server)).PullAsync(first);
    }

    protected RetryTransport Open(IFaultyServer server, int? connections = null, ServerFault? fault = null) =>
        new(new LimitTransport(Driver(server, fault is ServerFault.Stall or ServerFault.StallWithin ? TimeSpan.FromSeconds(2) : null), connections), Retry);
}

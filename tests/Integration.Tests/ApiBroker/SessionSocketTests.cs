using System.Net.Sockets;
using System.Text;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.ApiBroker;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.ApiBroker;

public sealed class SessionSocketTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private BrokerFixture _fixture = null!;

    public async Task InitializeAsync() => _fixture = await BrokerFixture.StartAsync();

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Fact]
    public async Task Open_WhenNew_ShouldMakeASocketAloneInAFolderForTheOwnerOnly()
    {
        var path = await OpenAsync(_fixture, BrokerFixture.NewSession());

        path.ShouldStartWith(_fixture.RuntimePath);
        Path.GetFileName(path).ShouldBe("api.sock");
        var folder = new DirectoryInfo(Path.GetDirectoryName(path)!);
        folder.EnumerateFileSystemInfos().ShouldHaveSingleItem();
        folder.UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Open_WhenOpenAlready_ShouldKeepTheSocketAndTakeTheNewCredential()
    {
        var session = BrokerFixture.NewSession();
        var key = BrokerFixture.NewKey();
        var child = await _fixture.ConnectAsync(session, BrokerFixture.NewKey());
        _fixture.Api.Enqueue(Reply.Text("one"), Reply.Text("two"));
        using var before = await child.SendAsync(BrokerFixture.Message());

        await _fixture.Broker.OpenAsync(session, () => key, CancellationToken.None);
        using var after = await child.SendAsync(BrokerFixture.Message());

        _fixture.Api.Requests[^1].Headers["x-api-key"].ShouldBe(key.Value.Reveal());
    }

    [Fact]
    public async Task Post_WhenTwoSessionsTalk_ShouldUseEachOnesKey()
    {
        var keys = new[] { BrokerFixture.NewKey(), BrokerFixture.NewKey() };
        var one = await _fixture.ConnectAsync(BrokerFixture.NewSession(), keys[0]);
        var two = await _fixture.ConnectAsync(BrokerFixture.NewSession(), keys[1]);
        _fixture.Api.Otherwise = _ => Reply.Text("hi");

        for (var round = 0; round < 10; round++)
        {
            var answers = await Task.WhenAll(
                one.SendAsync(BrokerFixture.Message(text: "from 0")),
                two.SendAsync(BrokerFixture.Message(text: "from 1")));
            foreach (var answer in answers)
                answer.Dispose();
        }

        _fixture.Api.Requests.Count.ShouldBe(20);
        foreach (var request in _fixture.Api.Requests)
            request.Headers["x-api-key"].ShouldBe(keys[request.LastMessageText[^1] - '0'].Value.Reveal());
    }

    [Fact]
    public async Task Close_WhenARequestIsUnderWay_ShouldRemoveTheSocketAndCutIt()
    {
        var session = BrokerFixture.NewSession();
        var never = new Gate();
        var path = await OpenAsync(_fixture, session);
        var child = await _fixture.ConnectAsync(session, BrokerFixture.NewKey());
        _fixture.Api.Enqueue(Reply.HangUntil(never));
        var pending = child.SendAsync(BrokerFixture.Message());
        await never.Reached.WaitAsync(Deadline);

        await _fixture.Broker.CloseAsync(session);

        Directory.Exists(Path.GetDirectoryName(path)).ShouldBeFalse();
        await Should.ThrowAsync<HttpRequestException>(pending.WaitAsync(Deadline));
        await _fixture.Api.Requests[0].Aborted.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Close_WhenNotOpen_ShouldDoNothing() =>
        await Should.NotThrowAsync(_fixture.Broker.CloseAsync(BrokerFixture.NewSession()));

    [Fact]
    public async Task Open_WhenClosedBefore_ShouldWorkAgain()
    {
        var session = BrokerFixture.NewSession();
        await OpenAsync(_fixture, session);
        await _fixture.Broker.CloseAsync(session);
        _fixture.Api.Enqueue(Reply.Text("back"));

        var child = await _fixture.ConnectAsync(session, BrokerFixture.NewKey());
        using var response = await child.SendAsync(BrokerFixture.Message(stream: false));

        (await response.Content.ReadAsStringAsync()).ShouldContain("back");
    }

    [Fact]
    public async Task Open_WhenThePathIsTooLongForASocket_ShouldFallBackToAFolderUnderTmp()
    {
        await using var deep = await BrokerFixture.StartAsync(dataFolder: new string('d', 100));
        var session = BrokerFixture.NewSession();
        deep.Api.Enqueue(Reply.Text("hi"));

        var child = await deep.ConnectAsync(session, BrokerFixture.NewKey());
        using var response = await child.SendAsync(BrokerFixture.Message());
        var path = await OpenAsync(deep, session);
        await deep.Broker.CloseAsync(session);

        response.IsSuccessStatusCode.ShouldBeTrue();
        Encoding.UTF8.GetByteCount(path).ShouldBeLessThanOrEqualTo(107);
        path.ShouldStartWith(Path.GetTempPath());
        Directory.Exists(Path.GetDirectoryName(path)).ShouldBeFalse();
    }

    [Fact]
    public async Task Start_WhenAKilledServerLeftSockets_ShouldRemoveThoseThatNobodyListensOn()
    {
        var abandoned = LeaveSocket(_fixture.RuntimePath, "abandoned");
        var live = await OpenAsync(_fixture, BrokerFixture.NewSession());

        await using var next = await BrokerFixture.StartAsync(settings: ("Claudy:Broker:RuntimePath", _fixture.RuntimePath));

        Directory.Exists(abandoned).ShouldBeFalse();
        File.Exists(live).ShouldBeTrue();
    }

    [Fact]
    public async Task Start_WhenAKilledServerLeftSocketsUnderTmp_ShouldRemoveThem()
    {
        var runtime = Path.Combine(_fixture.RuntimePath, new string('r', 100));
        var abandoned = LeaveSocket(SocketFolder.FallbackFor(runtime), "abandoned");

        await using var next = await BrokerFixture.StartAsync(settings: ("Claudy:Broker:RuntimePath", runtime));

        Directory.Exists(abandoned).ShouldBeFalse();
        Directory.Exists(SocketFolder.FallbackFor(runtime)).ShouldBeFalse();
    }

    [Fact]
    public async Task Open_WhenTheFolderUnderTmpIsSomebodyElses_ShouldRefuse()
    {
        var runtime = Path.Combine(_fixture.RuntimePath, new string('r', 100));
        await using var deep = await BrokerFixture.StartAsync(settings: ("Claudy:Broker:RuntimePath", runtime));
        var fallback = SocketFolder.FallbackFor(runtime);
        Directory.CreateSymbolicLink(fallback, Directory.CreateDirectory(_fixture.RuntimePath).FullName);

        var refused = await Should.ThrowAsync<IOException>(() => OpenAsync(deep, BrokerFixture.NewSession()));
        Directory.Delete(fallback);

        refused.Message.ShouldContain("not this user's own");
    }

    [Fact]
    public async Task Connect_WhenTheSessionHoldsTooManyConnections_ShouldBeDropped()
    {
        await using var narrow = await BrokerFixture.StartAsync(settings: ("Claudy:Broker:MaxConnections", "2"));
        var path = await OpenAsync(narrow, BrokerFixture.NewSession());
        using var first = await ConnectAsync(path);
        using var second = await ConnectAsync(path);
        using var third = await ConnectAsync(path);

        var read = await third.ReceiveAsync(new byte[1]).WaitAsync(Deadline);

        read.ShouldBe(0);
    }

    private static Task<string> OpenAsync(BrokerFixture fixture, SessionId session) =>
        fixture.Broker.OpenAsync(session, () => null, CancellationToken.None);

    private static async Task<Socket> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    /// <summary>What a killed server leaves: a socket file without a listener.</summary>
    private static string LeaveSocket(string root, string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
        var path = Path.Combine(folder, "api.sock");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            // Closing a socket removes its file; a killed process has no time to.
            File.Move(path, path + ".kept");
        }

        File.Move(path + ".kept", path);
        return folder;
    }
}

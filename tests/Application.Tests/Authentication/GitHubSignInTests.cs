using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Claudy.Application.Authentication.GitHub;
using Claudy.Application.Authentication.Ports;
using Microsoft.Extensions.Options;
using NSubstitute;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Authentication;

public sealed class GitHubSignInTests
{
    private static readonly Uri Callback = new("https://claudy.example/auth/github/callback");

    private readonly IOneTimeStore _store = Substitute.For<IOneTimeStore>();
    private readonly IGitHub _gitHub = Substitute.For<IGitHub>();
    private readonly AdmissionOptions _options = new();

    public GitHubSignInTests() => _gitHub.AuthorizeUrl(Arg.Any<GitHubAuthorization>()).Returns(new Uri("https://github.example/login"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Begin_ShouldKeepTheSignInForTenMinutesUnderItsStatesHash(bool inBrowser)
    {
        var begun = await BeginAsync(inBrowser);

        var kept = _store.ReceivedCalls().ShouldHaveSingleItem().GetArguments();
        kept[2].ShouldBe(TimeSpan.FromMinutes(10));
        kept[..2].ShouldAllBe(argument => !((string)argument!).Contains(begun.State, StringComparison.Ordinal));
        if (begun.Binding is { } binding)
        {
            ((string)kept[1]!).ShouldNotContain(binding.Reveal());
        }
    }

    [Fact]
    public async Task Begin_ShouldSendTheHashOfWhatItKeeps()
    {
        await BeginAsync(inBrowser: true);

        var verifier = ((string)_store.ReceivedCalls().Single().GetArguments()[1]!).Split(' ')[0];
        var sent = (GitHubAuthorization)_gitHub.ReceivedCalls().Single().GetArguments()[0]!;
        verifier.ShouldMatch("^[A-Za-z0-9_-]{43}$");
        sent.Challenge.ShouldBe(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))));
        sent.RedirectUri.ShouldBe(Callback);
    }

    [Fact]
    public async Task Begin_ShouldBeOfNoUseForGuessing()
    {
        var first = await BeginAsync(inBrowser: true);
        var second = await BeginAsync(inBrowser: true);

        first.State.ShouldMatch("^b\\.[A-Za-z0-9_-]{43}$");
        second.State.ShouldNotBe(first.State);
        second.Binding.ShouldNotBe(first.Binding);
        first.ToString().ShouldNotContain(first.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Begin_ShouldAskForOrganizationsOnlyWhereTheyCount(bool haveOrganizations)
    {
        _options.AllowedOrganizations = haveOrganizations ? ["engines"] : [];

        await BeginAsync(inBrowser: false);

        _gitHub.Received(1).AuthorizeUrl(Arg.Is<GitHubAuthorization>(request => request.WithOrganizations == haveOrganizations));
    }

    [Fact]
    public void Complete_WhenPrinted_ShouldShowNeitherCodeNorState()
    {
        var printed = new CompleteGitHubSignIn("the-state", "the-code", null, "the-binding").ToString();

        printed.ShouldNotContain("the-");
    }

    private async Task<BegunGitHubSignIn> BeginAsync(bool inBrowser) =>
        (await new BeginGitHubSignInHandler(_store, _gitHub, Options.Create(_options)).Handle(new BeginGitHubSignIn(Callback, inBrowser), CancellationToken.None)).Value;
}

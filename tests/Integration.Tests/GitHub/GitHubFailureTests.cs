using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.GitHub;

/// <summary>All that can go wrong between the server and GitHub, and what people are told.</summary>
public sealed class GitHubFailureTests : IAsyncLifetime
{
    private const string TokenPath = "/login/oauth/access_token";
    private const string UserPath = "/api/v3/user";

    private readonly StandInAccount _ada = new(583231, "ada");
    private GitHubServer _server = null!;

    public async Task InitializeAsync() => _server = await GitHubServer.StartAsync(("Timeout", "00:00:02"));

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task SignIn_WhenThePersonDenies_ShouldSaySo()
    {
        _server.GitHub.VisitorDenies = true;

        await ShouldFailAsync("AUTH_010", 401);
    }

    [Fact]
    public async Task SignIn_WhenTheCodeIsWrong_ShouldSaySo()
    {
        using var browser = _server.OpenBrowser();
        var callback = await browser.ConsentAsync(await browser.BeginAsync());

        using var response = await browser.GoOnAsync(new Uri(callback.AbsoluteUri.Replace("code=", "code=0", StringComparison.Ordinal)));

        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString().ShouldBe("AUTH_001");
    }

    [Fact]
    public async Task SignIn_WhenACodeIsUsedForASecondSignIn_ShouldBeRefused()
    {
        _server.GitHub.Visitor = _ada;
        using var browser = _server.OpenBrowser();
        var first = await browser.ConsentAsync(await browser.BeginAsync());
        var second = await browser.ConsentAsync(await browser.BeginAsync());
        using var signedIn = await browser.GoOnAsync(first);
        signedIn.IsSuccessStatusCode.ShouldBeTrue();

        using var response = await browser.GoOnAsync(new Uri($"{second.GetLeftPart(UriPartial.Path)}?code={Field(first, "code")}&state={Field(second, "state")}"));

        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString().ShouldBe("AUTH_001");
        _server.GitHub.Requests.Count(path => path == TokenPath).ShouldBe(2);
    }

    [Fact]
    public async Task SignIn_WhenACodeComesFromAnotherSignIn_ShouldFailForItsChallenge()
    {
        _server.GitHub.Visitor = _ada;
        using var victim = _server.OpenBrowser();
        using var attacker = _server.OpenBrowser();
        var stolen = await victim.ConsentAsync(await victim.BeginAsync());
        var own = await attacker.ConsentAsync(await attacker.BeginAsync());

        using var response = await attacker.GoOnAsync(new Uri($"{own.GetLeftPart(UriPartial.Path)}?code={Field(stolen, "code")}&state={Field(own, "state")}"));

        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString().ShouldBe("AUTH_001");
    }

    [Fact]
    public async Task SignIn_WhenGitHubFailsToGiveTheToken_ShouldNotSendTheCodeAgain()
    {
        Answer(TokenPath, StatusCodes.Status502BadGateway, "<html>Unicorn!</html>");

        await ShouldFailAsync("AUTH_011", 503);

        _server.GitHub.Requests.Count(path => path == TokenPath).ShouldBe(1);
    }

    [Theory]
    [InlineData(2, null)]
    [InlineData(3, "AUTH_011")]
    public async Task SignIn_WhenTheApiFailsForAMoment_ShouldAskAgainTwice(int failures, string? refusal)
    {
        var left = failures;
        _server.GitHub.Interfere = context => Task.FromResult(context.Request.Path == UserPath && left-- > 0 && Fails(context));

        if (refusal is null)
        {
            await _server.SignedInAsync(_ada);
        }
        else
        {
            await ShouldFailAsync(refusal, 503);
        }

        _server.GitHub.Requests.Count(path => path == UserPath).ShouldBe(3);
    }

    [Theory]
    [InlineData(TokenPath)]
    [InlineData(UserPath)]
    [InlineData(UserPath + "/emails")]
    public async Task SignIn_WhenGitHubIsTooSlow_ShouldGiveUp(string path)
    {
        await _server.RestartAsync(("Timeout", "00:00:03"));
        _server.GitHub.Interfere = async context =>
        {
            if (context.Request.Path == path)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return true;
            }

            return false;
        };

        await ShouldFailAsync("AUTH_011", 503);

        _server.GitHub.Requests.Count(asked => asked == path).ShouldBe(1);
    }

    [Fact]
    public async Task SignIn_WhenGitHubCannotBeReached_ShouldSaySo()
    {
        _server.GitHub.Interfere = context =>
        {
            if (context.Request.Path == UserPath)
            {
                context.Abort();
            }

            return Task.FromResult(false);
        };

        await ShouldFailAsync("AUTH_011", 503);
    }

    [Theory]
    [InlineData(StatusCodes.Status429TooManyRequests, "Retry-After", "60")]
    [InlineData(StatusCodes.Status403Forbidden, "x-ratelimit-remaining", "0")]
    public async Task SignIn_WhenGitHubLimitsTheRate_ShouldNotAskAgain(int status, string header, string value)
    {
        _server.GitHub.Interfere = context =>
        {
            if (context.Request.Path != UserPath)
            {
                return Task.FromResult(false);
            }

            context.Response.StatusCode = status;
            context.Response.Headers[header] = value;
            return Task.FromResult(true);
        };

        await ShouldFailAsync("AUTH_011", 503);

        _server.GitHub.Requests.Count(path => path == UserPath).ShouldBe(1);
    }

    [Fact]
    public async Task SignIn_WhenPermissionIsTakenBackMeanwhile_ShouldSaySo()
    {
        _server.GitHub.Interfere = context =>
        {
            if (context.Request.Path == UserPath)
            {
                _server.GitHub.RevokeTokens();
            }

            return Task.FromResult(false);
        };

        await ShouldFailAsync("AUTH_010", 401);
    }

    [Fact]
    public async Task SignIn_WhenTheClientSecretIsWrong_ShouldSendThePersonToTheOperator()
    {
        await _server.RestartAsync(("ClientSecret", "made-up-and-wrong"));

        await ShouldFailAsync("AUTH_012", 503);
    }

    [Fact]
    public async Task SignIn_WhenTheCallbackIsNotTheRegisteredOne_ShouldSendThePersonToTheOperator()
    {
        _server.GitHub.RegisteredCallback = new Uri(_server.Claudy.Address, "auth/github/callback?registered=elsewhere");

        await ShouldFailAsync("AUTH_012", 503);
    }

    [Fact]
    public async Task SignIn_WhenTheAddressIsNotVerified_ShouldSaySo()
    {
        _ada.Emails.Add(("ada@ada.example", true, false));

        var problem = await _server.RefusedAsync(_ada);

        problem.GetProperty("code").GetString().ShouldBe("AUTH_010");
        problem.GetProperty("detail").GetString()!.ShouldContain("not verified");
    }

    [Theory]
    [InlineData(TokenPath, "<html>Sign in to the network</html>")]
    [InlineData(TokenPath, "{}")]
    [InlineData(TokenPath, "[1]")]
    [InlineData(UserPath, "<html>Sign in to the network</html>")]
    [InlineData(UserPath, "{\"login\":\"ada\"}")]
    [InlineData(UserPath, "{\"id\":1}")]
    [InlineData(UserPath + "/emails", "{}")]
    public async Task SignIn_WhenTheAnswerIsNotGitHubs_ShouldSaySo(string path, string body)
    {
        Answer(path, StatusCodes.Status200OK, body);

        await ShouldFailAsync("AUTH_011", 503);
    }

    [Fact]
    public async Task SignIn_WhenTheTokenComesAsAForm_ShouldWork()
    {
        _server.GitHub.AnswersInForms = true;

        var signedIn = await _server.SignedInAsync(_ada);

        signedIn.GetProperty("user").GetProperty("username").GetString().ShouldBe("ada");
    }

    [Fact]
    public async Task SignIn_WhenAnErrorComesAsAForm_ShouldBeUnderstood()
    {
        _server.GitHub.AnswersInForms = true;
        _ada.Emails.Add(("ada@ada.example", true, false));

        await ShouldFailAsync("AUTH_010", 401);
    }

    private void Answer(string path, int status, string body) => _server.GitHub.Interfere = async context =>
    {
        if (context.Request.Path != path)
        {
            return false;
        }

        context.Response.StatusCode = status;
        await context.Response.WriteAsync(body, context.RequestAborted);
        return true;
    };

    private async Task ShouldFailAsync(string code, int status)
    {
        var problem = await _server.RefusedAsync(_ada);

        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("status").GetInt32().ShouldBe(status);
    }

    private static bool Fails(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        return true;
    }

    private static string Field(Uri address, string name) => Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(address.Query)[name].ToString();
}

using System.Net;
using System.Net.Http.Headers;
using Claudy.Application.Authentication.GitHub;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Claudy.Infrastructure.GitHub;

/// <summary>Carries requests to GitHub and back: in time, again where that is harmless, and with one error for all ways of not working.</summary>
internal sealed partial class GitHubConnection(HttpClient http, IOptions<GitHubOptions> options, TimeProvider time, ILogger<GitHubConnection> logger)
{
    private const int MaxRetries = 2;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly ResiliencePipeline<GitHubAnswer> _once = new ResiliencePipelineBuilder<GitHubAnswer> { TimeProvider = time }
        .AddTimeout(options.Value.Timeout)
        .Build();

    // Not after a timeout: who waits for a sign-in waits long enough by then.
    private readonly ResiliencePipeline<GitHubAnswer> _repeatedly = new ResiliencePipelineBuilder<GitHubAnswer> { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions<GitHubAnswer>
        {
            ShouldHandle = new PredicateBuilder<GitHubAnswer>().Handle<HttpRequestException>().HandleResult(answer => (int)answer.Status >= 500),
            MaxRetryAttempts = MaxRetries,
            Delay = RetryDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .AddTimeout(options.Value.Timeout)
        .Build();

    /// <summary>Posts, once.</summary>
    public Task<Result<GitHubAnswer>> PostAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        AskAsync(_once, request.RequestUri!, token => SendAsync(request, token), cancellationToken);

    /// <summary>Reads from the API.</summary>
    /// <param name="path">Beneath the API's address.</param>
    /// <param name="token">Whose eyes to read with.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Result<GitHubAnswer>> GetAsync(string path, Secret token, CancellationToken cancellationToken)
    {
        var address = new Uri(options.Value.Api, path);
        return AskAsync(
            _repeatedly,
            address,
            async cancellation =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, address);
                request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/vnd.github+json"));
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
                request.Headers.Add("X-GitHub-Api-Version", "2022-11-28");
                return await SendAsync(request, cancellation);
            },
            cancellationToken);
    }

    private async Task<Result<GitHubAnswer>> AskAsync(
        ResiliencePipeline<GitHubAnswer> pipeline, Uri address, Func<CancellationToken, Task<GitHubAnswer>> send, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await pipeline.ExecuteAsync(async token => await send(token), cancellationToken);
            if (answer.Status == HttpStatusCode.Unauthorized)
            {
                return GitHubErrors.Denied();
            }

            if (!answer.IsRateLimited && (int)answer.Status < 500)
            {
                return answer;
            }

            LogStatus(address.AbsolutePath, (int)answer.Status, answer.IsRateLimited);
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutRejectedException)
        {
            LogAway(exception, address.AbsolutePath);
        }

        return GitHubErrors.Unavailable();
    }

    private async Task<GitHubAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await http.SendAsync(request, cancellationToken);
        return new GitHubAnswer(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(cancellationToken),
            IsRateLimited(response));
    }

    // https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api: 403 or 429, and one of these headers.
    private static bool IsRateLimited(HttpResponseMessage response) => response.StatusCode == HttpStatusCode.TooManyRequests
        || (response.StatusCode == HttpStatusCode.Forbidden
            && (response.Headers.RetryAfter is not null
                || (response.Headers.TryGetValues("x-ratelimit-remaining", out var remaining) && remaining.Contains("0", StringComparer.Ordinal))));

    [LoggerMessage(2412, LogLevel.Warning, "GitHub answered {Path} with {Status} (rate limited: {IsRateLimited})")]
    private partial void LogStatus(string path, int status, bool isRateLimited);

    [LoggerMessage(2413, LogLevel.Warning, "GitHub could not be asked for {Path}")]
    private partial void LogAway(Exception exception, string path);
}

/// <summary>An answer of GitHub's, read to its end.</summary>
/// <remarks>No record: a printed one would show a token.</remarks>
internal sealed class GitHubAnswer(HttpStatusCode status, string? mediaType, string body, bool isRateLimited)
{
    public HttpStatusCode Status => status;

    public string? MediaType => mediaType;

    public string Body => body;

    public bool IsRateLimited => isRateLimited;
}

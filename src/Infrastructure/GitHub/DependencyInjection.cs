using System.Net.Http.Headers;
using Claudy.Application.Authentication.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.GitHub;

/// <summary>Composes the sign-in with GitHub.</summary>
public static class DependencyInjection
{
    private const int MaxAnswerBytes = 1 << 20;

    /// <summary>Adds <see cref="IGitHub"/>; see <see cref="GitHubOptions"/>.</summary>
    public static IHostApplicationBuilder AddGitHub(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IValidateOptions<GitHubOptions>, GitHubOptionsValidator>();
        builder.Services.AddOptions<GitHubOptions>().BindConfiguration(GitHubOptions.Section).ValidateOnStart();
        builder.Services.AddTransient<IGitHub, GitHubClient>();
        builder.Services
            .AddHttpClient<GitHubConnection>(http =>
            {
                // Without a name GitHub answers 403.
                http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Claudy", null));
                http.MaxResponseContentBufferSize = MaxAnswerBytes;

                // Each request has its own, shorter.
                http.Timeout = Timeout.InfiniteTimeSpan;
            })

            // A redirection would take the secret or a token elsewhere.
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        return builder;
    }
}

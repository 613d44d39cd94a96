using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Models;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Anthropic;

/// <summary>Checks a key by listing one model, which costs nothing.</summary>
internal sealed class AnthropicKeyCheck(HttpClient http, IOptions<AnthropicOptions> options) : IClaudeKeyCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    public async Task<Result> CheckAsync(Secret key, CancellationToken cancellationToken)
    {
        using var client = new AnthropicClient
        {
            HttpClient = http,
            BaseUrl = options.Value.BaseUrl,
            ApiKey = key.Reveal(),
            MaxRetries = 1,
            Timeout = Timeout,
        };

        try
        {
            await client.Models.List(new ModelListParams { Limit = 1 }, cancellationToken);
            return Result.Success();
        }
        catch (AnthropicUnauthorizedException exception)
        {
            return AgentErrors.CredentialRefused(exception.ApiMessage);
        }
        catch (AnthropicForbiddenException exception)
        {
            return AgentErrors.CredentialRefused(exception.ApiMessage);
        }
        catch (AnthropicApiException exception)
        {
            return AgentErrors.ApiFailed($"It answered {(int)exception.StatusCode} to the check.", retryable: true);
        }
        catch (AnthropicException)
        {
            return AgentErrors.ApiFailed("It could not be reached for the check.", retryable: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return AgentErrors.ApiFailed("It did not answer the check in time.", retryable: true);
        }
    }
}

using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Models;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Anthropic;

/// <summary>Checks a credential by listing one model, which costs nothing.</summary>
internal sealed class AnthropicKeyCheck(IHttpMessageHandlerFactory handlers, IOptions<AnthropicOptions> options) : IClaudeKeyCheck
{
    public const string HttpClientName = "anthropic-key-check";

    private const int BadRequest = 400;
    private const int PaymentRequired = 402;
    private const int TooManyRequests = 429;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    public async Task<Result> CheckAsync(ClaudeCredential credential, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new CredentialHeaderHandler(credential.Kind, handlers.CreateHandler(HttpClientName)), disposeHandler: false);
        using var client = new AnthropicClient
        {
            HttpClient = http,
            BaseUrl = options.Value.BaseUrl,
            ApiKey = credential.Value.Reveal(),
            MaxRetries = 1,
            Timeout = Timeout,
        };

        try
        {
            await client.Models.List(new ModelListParams { Limit = 1 }, cancellationToken);
            return Result.Success();
        }
        catch (AnthropicApiException exception)
        {
            return ErrorOf(exception, credential.Value);
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

    private static Error ErrorOf(AnthropicApiException exception, Secret credential)
    {
        var status = (int)exception.StatusCode;

        // Some gateways quote what they were sent.
        var why = (exception as AnthropicServiceException)?.ApiMessage is { } message ? credential.RemoveFrom(message) : null;
        return exception switch
        {
            AnthropicUnauthorizedException => AgentErrors.CredentialRefused(why),
            AnthropicForbiddenException => AgentErrors.CredentialForbidden(why),
            _ when status == PaymentRequired || (status == BadRequest && AgentErrors.IsAboutCredit(why)) => AgentErrors.NoCredit(why),
            _ when status == TooManyRequests =>
                AgentErrors.ApiFailed("It limits how often this credential asks, and did not say whether it takes it; try again later.", retryable: true).With("api_status", status),
            _ => AgentErrors.ApiFailed($"It answered {status} to the check.", retryable: true).With("api_status", status),
        };
    }
}

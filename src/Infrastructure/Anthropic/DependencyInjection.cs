using Claudy.Application.Credentials.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Anthropic;

/// <summary>Composes the check of keys.</summary>
public static class DependencyInjection
{
    /// <summary>Adds the check of keys against the Messages API.</summary>
    public static IHostApplicationBuilder AddAnthropicKeyCheck(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IValidateOptions<AnthropicOptions>, AnthropicOptionsValidator>();
        builder.Services.AddOptions<AnthropicOptions>().BindConfiguration(AnthropicOptions.Section).ValidateOnStart();
        builder.Services.AddHttpClient(AnthropicKeyCheck.HttpClientName);
        builder.Services.AddSingleton<IClaudeKeyCheck, AnthropicKeyCheck>();
        return builder;
    }
}

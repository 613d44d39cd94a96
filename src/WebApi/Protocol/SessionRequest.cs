using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.WebApi.Protocol;

/// <summary>Reads what a session is to be made with: a frame and an HTTP request say it the same way.</summary>
internal static class SessionRequest
{
    /// <param name="user">Who asks.</param>
    /// <param name="data">What was sent.</param>
    /// <param name="onProgress">Told how far a repository is.</param>
    public static Result<CreateSession> Read(UserId user, CreateSessionData data, Func<CloneProgress, CancellationToken, Task>? onProgress = null)
    {
        var settings = SettingsOf(data);
        if (!settings.IsSuccess)
        {
            return settings.Error;
        }

        var servers = McpServerData.Read(data.McpServers);
        if (!servers.IsSuccess)
        {
            return servers.Error;
        }

        ClaudeCredential? credential = null;
        if (!string.IsNullOrWhiteSpace(data.ClaudeToken))
        {
            var parsed = WireCredential.Parse(data.ClaudeToken, data.TokenKind);
            if (!parsed.IsSuccess)
            {
                return parsed.Error;
            }

            credential = parsed.Value;
        }

        return new CreateSession(user, settings.Value, credential, servers.Value, data.RememberToken ?? false)
        {
            Repository = data.Repository is { } repository ? RepositoryOf(repository, onProgress) : null,
        };
    }

    private static Result<SessionSettings> SettingsOf(CreateSessionData data)
    {
        var mode = data.PermissionMode is null ? PermissionMode.Default : WireNames.ParseMode(data.PermissionMode, "permission_mode");
        if (!mode.IsSuccess)
        {
            return mode.Error;
        }

        var network = WireNetwork.Parse(data.Network);
        return network.IsSuccess
            ? new SessionSettings
            {
                Name = data.Name ?? "",
                Model = data.Model,
                PermissionMode = mode.Value,
                AppendSystemPrompt = data.AppendSystemPrompt,
                AllowedTools = data.AllowedTools ?? [],
                DisallowedTools = data.DisallowedTools ?? [],
                Network = network.Value,
                MaxThinkingTokens = data.MaxThinkingTokens,
                Budget = WireUsage.BudgetOf(data.Budget),
            }
            : network.Error;
    }

    private static RepositoryRequest RepositoryOf(RepositoryData data, Func<CloneProgress, CancellationToken, Task>? onProgress)
    {
        var request = new RepositoryRequest(data.Url, data.Ref, string.IsNullOrWhiteSpace(data.Token) ? null : new Secret(data.Token));
        return onProgress is null ? request : request with { OnProgress = onProgress };
    }
}

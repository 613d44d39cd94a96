using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Sessions;

/// <summary>
/// Changes what of the network a session may reach. Less, or another list, holds at once, open connections included; a process
/// that was started without any network is started again for it, as soon as Claude rests.
/// </summary>
public sealed record SetNetwork(UserId UserId, SessionId SessionId, NetworkPolicy Network) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("network.set") { IsCritical = true }.With("mode", Network.Mode.ToString()).With("hosts", AuditText.Names(Network.Hosts));
}

internal sealed class SetNetworkValidator : AbstractValidator<SetNetwork>
{
    public SetNetworkValidator() => RuleFor(r => r.Network).Network();
}

internal sealed class SetNetworkHandler(ISessionInbox inbox, IAgentLauncher agents, IOptions<NetworkOptions> options)
    : IRequestHandler<SetNetwork, Result<SessionReply.Done>>
{
    public async Task<Result<SessionReply.Done>> Handle(SetNetwork request, CancellationToken cancellationToken)
    {
        var granted = agents.GrantNetwork(options.Value, request.Network);
        return granted.IsSuccess
            ? await inbox.ControlAsync(request, new SessionCommand.SetNetwork(granted.Value), cancellationToken)
            : granted.Error;
    }
}

/// <summary>What both the settings and the machine allow.</summary>
internal static class NetworkGrant
{
    public static Result<NetworkPolicy> GrantNetwork(this IAgentLauncher agents, NetworkOptions options, NetworkPolicy? asked)
    {
        var granted = options.Grant(asked);
        return granted.IsSuccess && agents.WhyNoNetwork(granted.Value.Mode) is { } why ? SessionErrors.NetworkNotAllowed(why) : granted;
    }
}

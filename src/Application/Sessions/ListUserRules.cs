using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Tells the permission rules that hold for all sessions of a user.</summary>
public sealed record ListUserRules(UserId UserId) : IUserRequest<Result<PermissionRules>>;

internal sealed class ListUserRulesHandler(IPermissionRuleStore rules) : IRequestHandler<ListUserRules, Result<PermissionRules>>
{
    public async Task<Result<PermissionRules>> Handle(ListUserRules request, CancellationToken cancellationToken) =>
        await rules.FindAsync(request.UserId, cancellationToken);
}

using Claudy.Application.Authentication.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Authentication.PersonalTokens;

/// <summary>A user's personal access tokens, the newest first; those that ran out lately too.</summary>
/// <param name="UserId">Whose.</param>
public sealed record ListPersonalTokens(UserId UserId) : IUserRequest<Result<IReadOnlyList<PersonalToken>>>;

internal sealed class ListPersonalTokensHandler(IPersonalTokenStore store) : IRequestHandler<ListPersonalTokens, Result<IReadOnlyList<PersonalToken>>>
{
    public async Task<Result<IReadOnlyList<PersonalToken>>> Handle(ListPersonalTokens request, CancellationToken cancellationToken) =>
        Result.Success(await store.ListAsync(request.UserId, cancellationToken));
}

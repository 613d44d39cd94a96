using Claudy.Application.Audit;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using MediatR;

namespace Claudy.Application.Authentication;

/// <summary>Makes a new signing key. Never offered over the network: it is for whoever can write the data folder.</summary>
/// <param name="DropOthers">Whether the older keys verify no more, as after a theft.</param>
public sealed record RotateSigningKeys(bool DropOthers) : IRequest<Result<PublicSigningKey>>, IAudited<Result<PublicSigningKey>>
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("keys.signing_rotated") { IsCritical = true }.With("at_once", AuditText.Flag(DropOthers));

    /// <inheritdoc/>
    public AuditAct ActOf(Result<PublicSigningKey> response) => Act with { Target = response.Value.KeyId };
}

internal sealed class RotateSigningKeysHandler(ISigningKeys keys) : IRequestHandler<RotateSigningKeys, Result<PublicSigningKey>>
{
    public Task<Result<PublicSigningKey>> Handle(RotateSigningKeys request, CancellationToken cancellationToken) => Task.FromResult<Result<PublicSigningKey>>(
        keys.CanRotate ? keys.Rotate(request.DropOthers) : AuthErrors.KeysAreGiven(request.DropOthers));
}

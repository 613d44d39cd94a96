using Claudy.Application.Audit;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using MediatR;

namespace Claudy.Application.Authentication;

/// <summary>
/// Makes a further code that signs the local user in at the running server, once, within ten minutes. Never offered over the network: it
/// is for <c>claudy signin</c>, whose caller can write to the data folder anyway.
/// </summary>
public sealed record CreateConsoleSignInCode : IRequest<Result<SignInCode>>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("sign_in.code_made") { IsCritical = true };
}

internal sealed class CreateConsoleSignInCodeHandler(IConsoleSignInCodes codes, TimeProvider time)
    : IRequestHandler<CreateConsoleSignInCode, Result<SignInCode>>
{
    public async Task<Result<SignInCode>> Handle(CreateConsoleSignInCode request, CancellationToken cancellationToken)
    {
        var code = SignInCode.New(time.GetUtcNow());
        await codes.PutAsync(SignInCode.HashOf(code.Value.Reveal()), code.ExpiresAt, cancellationToken);
        return code;
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Claudy.Application.Audit;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Authentication;

/// <summary>Makes a code that signs the local user in once, within ten minutes. Only who sees the server's console gets it.</summary>
public sealed record CreateSignInCode : IRequest<Result<SignInCode>>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("sign_in.code_made") { IsCritical = true };
}

/// <summary>A one-time code, safe to put in a URL.</summary>
/// <param name="Value">The code.</param>
/// <param name="ExpiresAt">Until when it holds.</param>
public sealed record SignInCode(Secret Value, DateTimeOffset ExpiresAt)
{
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Under what a code is kept: its hash, so that reading the store signs nobody in.</summary>
    internal static string KeyOf(string code) =>
        $"sign-in:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(code)))}";
}

internal sealed class CreateSignInCodeHandler(IOneTimeStore codes, TimeProvider time) : IRequestHandler<CreateSignInCode, Result<SignInCode>>
{
    private const int Bytes = 24;

    public async Task<Result<SignInCode>> Handle(CreateSignInCode request, CancellationToken cancellationToken)
    {
        var code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
        var expiresAt = time.GetUtcNow() + SignInCode.Lifetime;
        await codes.PutAsync(SignInCode.KeyOf(code), User.LocalUsername, SignInCode.Lifetime, cancellationToken);
        return new SignInCode(new Secret(code), expiresAt);
    }
}

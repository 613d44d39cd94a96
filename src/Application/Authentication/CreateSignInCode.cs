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

    private const int Bytes = 24;

    internal static SignInCode New(DateTimeOffset now) =>
        new(new Secret(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes))), now + Lifetime);

    /// <summary>Under what a code is kept: its hash, so that reading the store signs nobody in.</summary>
    internal static string KeyOf(string code) => $"sign-in:{HashOf(code)}";

    internal static string HashOf(string code) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(code)));
}

internal sealed class CreateSignInCodeHandler(IOneTimeStore codes, TimeProvider time) : IRequestHandler<CreateSignInCode, Result<SignInCode>>
{
    public async Task<Result<SignInCode>> Handle(CreateSignInCode request, CancellationToken cancellationToken)
    {
        var code = SignInCode.New(time.GetUtcNow());
        await codes.PutAsync(SignInCode.KeyOf(code.Value.Reveal()), User.LocalUsername, SignInCode.Lifetime, cancellationToken);
        return code;
    }
}

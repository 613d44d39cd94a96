using System.Security.Cryptography;
using System.Text;
using Claudy.Domain.Users;
using Claudy.Infrastructure.Security;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Security;

public sealed class JwtTokenIssuerTests : IClassFixture<TestKeys>
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, 500, TimeSpan.Zero);
    private static readonly User Someone = new(UserId.New(Now), "someone", Now);
    private static readonly SignInId SignIn = SignInId.New(Now);

    private readonly TestKeys _keys;
    private readonly FakeTimeProvider _time = new(Now);
    private readonly SigningKey _key;
    private readonly JwtTokenIssuer _issuer;

    public JwtTokenIssuerTests(TestKeys keys)
    {
        _keys = keys;
        _key = keys.Shared.Signer;
        _issuer = new JwtTokenIssuer(keys.Shared, _time);
    }

    [Fact]
    public async Task Validate_WhenTheTokenIsItsOwn_ShouldTellWhoseItIs()
    {
        var token = _issuer.Issue(Someone, SignIn);

        var identity = await _issuer.ValidateAsync(token.Value.Reveal());

        token.ExpiresAt.ShouldBe(new DateTimeOffset(2026, 1, 1, 12, 15, 0, TimeSpan.Zero));
        identity.Value.UserId.ShouldBe(Someone.Id);
        identity.Value.Username.ShouldBe("someone");
        identity.Value.Grant.ShouldBe(new Grant.SignIn(SignIn));
        identity.Value.ExpiresAt.ShouldBe(token.ExpiresAt);
    }

    [Theory]
    [InlineData(UserRole.User, "user")]
    [InlineData(UserRole.Admin, "admin")]
    public async Task Validate_ShouldTellTheRoleThatTheTokenNames(UserRole role, string name)
    {
        var token = _issuer.Issue(Someone with { Role = role }, SignIn).Value.Reveal();

        (await _issuer.ValidateAsync(token)).Value.Role.ShouldBe(role);
        new JsonWebToken(token).GetPayloadValue<string>("role").ShouldBe(name);
    }

    [Fact]
    public void Issue_ShouldNameItsKeyByThumbprintAndEachTokenAnew()
    {
        var first = new JsonWebToken(_issuer.Issue(Someone, SignIn).Value.Reveal());
        var second = new JsonWebToken(_issuer.Issue(Someone, SignIn).Value.Reveal());

        first.Alg.ShouldBe("RS256");
        first.Kid.ShouldBe(Thumbprint(_key.Security));
        first.Id.ShouldNotBeNullOrEmpty();
        second.Id.ShouldNotBe(first.Id);
    }

    [Theory]
    [InlineData(15 * 60, null)]
    [InlineData((15 * 60) + 29, null)]
    [InlineData((15 * 60) + 31, "AUTH_002")]
    [InlineData(-29, null)]
    [InlineData(-32, "AUTH_003")]
    public async Task Validate_WhenTimeHasPassed_ShouldAllowHalfAMinuteOfSkew(int seconds, string? refusal)
    {
        var token = _issuer.Issue(Someone, SignIn).Value.Reveal();
        _time.AdjustTime(Now.AddSeconds(seconds));

        (await _issuer.ValidateAsync(token)).Error?.Code.ShouldBe(refusal);
        (await _issuer.ValidateAsync(token)).IsSuccess.ShouldBe(refusal is null);
    }

    [Fact]
    public async Task Validate_WhenAnotherServersTokenRanOut_ShouldSayInvalidNotExpired()
    {
        var token = new JwtTokenIssuer(_keys.PlantedRing(), _time).Issue(Someone, SignIn).Value.Reveal();
        _time.Advance(TimeSpan.FromHours(1));

        await ShouldBeInvalid(token);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    [InlineData("e30.e30.")]
    public async Task Validate_WhenItIsNoToken_ShouldRefuse(string text)
    {
        await ShouldBeInvalid(text);
    }

    [Fact]
    public async Task Validate_WhenItsPayloadWasChanged_ShouldRefuse()
    {
        var parts = _issuer.Issue(Someone, SignIn).Value.Reveal().Split('.');
        var payload = Base64UrlEncoder.Decode(parts[1]).Replace("someone", "another", StringComparison.Ordinal);

        await ShouldBeInvalid($"{parts[0]}.{Base64UrlEncoder.Encode(payload)}.{parts[2]}");
    }

    [Fact]
    public async Task Validate_WhenItsSignatureIsGone_ShouldRefuse()
    {
        var parts = _issuer.Issue(Someone, SignIn).Value.Reveal().Split('.');

        await ShouldBeInvalid($"{parts[0]}.{parts[1]}.");
    }

    [Fact]
    public async Task Validate_WhenTheAlgorithmIsNone_ShouldRefuse()
    {
        var header = Base64UrlEncoder.Encode($$"""{"alg":"none","typ":"at+jwt","kid":"{{_key.Security.KeyId}}"}""");

        await ShouldBeInvalid($"{header}.{_issuer.Issue(Someone, SignIn).Value.Reveal().Split('.')[1]}.");
    }

    [Fact]
    public async Task Validate_WhenSignedWithThePublicKeyAsASharedSecret_ShouldRefuse()
    {
        using var rsa = RSA.Create(_key.Security.Parameters);
        var secret = Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem());

        await ShouldBeInvalid(Forge(new SymmetricSecurityKey(secret) { KeyId = _key.Security.KeyId }, SecurityAlgorithms.HmacSha256));
    }

    [Theory]
    [InlineData(SecurityAlgorithms.RsaSha512)]
    [InlineData(SecurityAlgorithms.RsaSsaPssSha256)]
    public async Task Validate_WhenTheRightKeySignedAnotherWay_ShouldRefuse(string algorithm)
    {
        await ShouldBeInvalid(Forge(_key.Security, algorithm));
    }

    [Fact]
    public async Task Validate_WhenAnotherKeySignedUnderTheRightName_ShouldRefuse()
    {
        using var other = RSA.Create(2048);

        await ShouldBeInvalid(Forge(new RsaSecurityKey(other.ExportParameters(true)) { KeyId = _key.Security.KeyId }));
    }

    [Theory]
    [InlineData("another-key")]
    [InlineData(null)]
    public async Task Validate_WhenTheRightKeySignedUnderAnotherName_ShouldRefuse(string? keyId)
    {
        await ShouldBeInvalid(Forge(new RsaSecurityKey(_key.Security.Parameters) { KeyId = keyId }));
    }

    [Fact]
    public async Task Validate_WhenAForgerWithTheKeyKeepsAllRules_ShouldAccept()
    {
        // Shows that the refusals around this are for the reason that each names.
        (await _issuer.ValidateAsync(Forge(_key.Security))).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Validate_WhenIssuerAudienceOrTypeIsAnother_ShouldRefuse()
    {
        await ShouldBeInvalid(Forge(_key.Security, change: token => token.Issuer = "another"));
        await ShouldBeInvalid(Forge(_key.Security, change: token => token.Audience = "another"));
        await ShouldBeInvalid(Forge(_key.Security, change: token => token.TokenType = "JWT"));
    }

    [Fact]
    public async Task Validate_WhenItNeverExpiresOrNamesNoUser_ShouldRefuse()
    {
        await ShouldBeInvalid(Forge(_key.Security, change: token => token.Expires = null));
        await ShouldBeInvalid(Forge(_key.Security, change: token => token.Claims["sub"] = "not a user id"));
        await ShouldBeInvalid(Forge(_key.Security, change: token => token.Claims.Remove("preferred_username")));
    }

    [Fact]
    public async Task Validate_WhenItNamesNoSignIn_ShouldRefuse()
    {
        // It could not be revoked.
        await ShouldBeInvalid(Forge(_key.Security, change: token => token.Claims.Remove("sid")));
        await ShouldBeInvalid(Forge(_key.Security, change: token => token.Claims["sid"] = "not a sign-in"));
    }

    [Fact]
    public async Task Validate_WhenItIsNotYetValid_ShouldRefuse()
    {
        await ShouldBeInvalid(Forge(_key.Security, change: token => token.NotBefore = Now.UtcDateTime.AddSeconds(32)));
        (await _issuer.ValidateAsync(Forge(_key.Security, change: token => token.NotBefore = Now.UtcDateTime.AddSeconds(28)))).IsSuccess.ShouldBeTrue();
    }

    [Theory]
    [InlineData("jku", "https://keys.example/jwks.json")]
    [InlineData("x5u", "https://keys.example/certificate.pem")]
    public async Task Validate_WhenItBringsOrPointsToAKeyOfItsOwn_ShouldRefuse(string header, string value)
    {
        using var other = RSA.Create(2048);
        var key = new RsaSecurityKey(other.ExportParameters(includePrivateParameters: true)) { KeyId = "its own" };
        var embedded = $$"""{"kty":"RSA","n":"{{Base64UrlEncoder.Encode(key.Parameters.Modulus)}}","e":"{{Base64UrlEncoder.Encode(key.Parameters.Exponent)}}"}""";

        await ShouldBeInvalid(Forge(key, change: token => token.AdditionalHeaderClaims = new Dictionary<string, object> { [header] = value }));
        await ShouldBeInvalid(Forge(key, change: token => token.AdditionalHeaderClaims = new Dictionary<string, object> { ["jwk"] = embedded }));
    }

    [Theory]
    [InlineData('A')]
    [InlineData('z')]
    [InlineData('.')]
    [InlineData('=')]
    public async Task Validate_WhicheverCharacterIsChanged_ShouldRefuse(char character)
    {
        var token = _issuer.Issue(Someone, SignIn).Value.Reveal();
        for (var at = 0; at < token.Length; at++)
        {
            var changed = string.Concat(token.AsSpan(0, at), [character], token.AsSpan(at + 1));

            // The last character of a part has bits that stand for nothing.
            if (!IsSameBytes(changed, token))
            {
                (await _issuer.ValidateAsync(changed)).Error?.Code.ShouldBe("AUTH_003", $"{character} at {at}");
                (await _issuer.ValidateAsync(changed)).IsSuccess.ShouldBeFalse($"{character} at {at}");
            }
        }
    }

    [Fact]
    public async Task Validate_WhenItIsOversized_ShouldRefuse()
    {
        await ShouldBeInvalid(Forge(_key.Security, change: token => token.Claims["padding"] = new string('x', 16 * 1024)));
    }

    private async Task ShouldBeInvalid(string token) => (await _issuer.ValidateAsync(token)).Error!.Code.ShouldBe("AUTH_003");

    private static string Forge(SecurityKey key, string algorithm = SecurityAlgorithms.RsaSha256, Action<SecurityTokenDescriptor>? change = null)
    {
        var token = new SecurityTokenDescriptor
        {
            TokenType = JwtTokenIssuer.TokenType,
            Issuer = JwtTokenIssuer.Issuer,
            Audience = JwtTokenIssuer.Audience,
            IssuedAt = Now.UtcDateTime,
            Expires = Now.UtcDateTime.AddMinutes(5),
            Claims = new Dictionary<string, object> { ["sub"] = Someone.Id.ToString(), ["preferred_username"] = "someone", ["sid"] = SignIn.ToString() },
            SigningCredentials = new SigningCredentials(key, algorithm),
        };
        change?.Invoke(token);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(token);
    }

    private static bool IsSameBytes(string one, string other)
    {
        try
        {
            return one.Split('.').Zip(other.Split('.')).All(pair => Base64UrlEncoder.DecodeBytes(pair.First).SequenceEqual(Base64UrlEncoder.DecodeBytes(pair.Second)));
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>RFC 7638, spelt out.</summary>
    private static string Thumbprint(RsaSecurityKey key)
    {
        var json = $$"""{"e":"{{Base64UrlEncoder.Encode(key.Parameters.Exponent)}}","kty":"RSA","n":"{{Base64UrlEncoder.Encode(key.Parameters.Modulus)}}"}""";
        return Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(json)));
    }
}

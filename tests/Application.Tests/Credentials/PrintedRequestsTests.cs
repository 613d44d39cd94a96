using System.Reflection;
using System.Runtime.CompilerServices;
using Claudy.Application.Authentication;
using Claudy.Application.Credentials;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using MediatR;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Credentials;

/// <summary>Requests end up in debuggers, exceptions and logs: none prints a secret that it holds.</summary>
public sealed class PrintedRequestsTests
{
    private static readonly string[] SecretNames = ["token", "key", "secret", "password", "passphrase", "code"];

    public static TheoryData<Type> RequestsWithSecrets => [.. Found()];

    [Theory]
    [MemberData(nameof(RequestsWithSecrets))]
    public void ToString_ShouldNotShowASecret(Type type)
    {
        var secret = $"planted{Guid.NewGuid():N}";

        Plant(type, secret).Request.ToString().ShouldNotBeNull().ShouldNotContain(secret);
    }

    [Fact]
    public void RequestsWithSecrets_ShouldBeFound()
    {
        var found = Found();

        found.ShouldContain(typeof(Claudy.Application.Sessions.CreateSession));
        found.ShouldContain(typeof(UpdateSessionKey));
        found.ShouldContain(typeof(SetUserKey));
        found.ShouldContain(typeof(ValidateKey));
        found.ShouldContain(typeof(SignInLocally));
    }

    [Fact]
    public void Plant_WhenARequestShowsItsSecret_ShouldFindIt() => Plant(typeof(Careless), "planted").Request.ToString()!.ShouldContain("planted");

    private static List<Type> Found() => [.. typeof(ValidateKey).Assembly.GetTypes()
        .Where(type => type is { IsAbstract: false, IsInterface: false } && typeof(IBaseRequest).IsAssignableFrom(type) && Plant(type, "x").HasSecret)];

    private static (object Request, bool HasSecret) Plant(Type type, string secret)
    {
        var hasSecret = false;
        var request = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
        {
            var isNamed = SecretNames.Any(name => field.Name.Contains(name, StringComparison.OrdinalIgnoreCase));
            object? value = field.FieldType switch
            {
                var f when f == typeof(Secret) => new Secret(secret),
                var f when f == typeof(ClaudeCredential) => new ClaudeCredential(ClaudeCredentialKind.ApiKey, new Secret(secret)),
                var f when f == typeof(IReadOnlyList<McpServer>) => new[] { Server(secret) },
                var f when f == typeof(SessionSettings) => new SessionSettings { Name = "" },
                var f when f == typeof(string) && isNamed => secret,
                _ => null,
            };
            if (value is not null)
            {
                hasSecret = true;
                field.SetValue(request, value);
            }
        }

        return (request, hasSecret);
    }

    private static McpServer Server(string secret) => new()
    {
        Name = "server",
        Transport = McpTransport.Http,
        Args = [secret],
        Environment = [new NamedValue("KEY", secret)],
        Url = $"https://example.com/{secret}",
        Headers = [new NamedValue("Authorization", secret)],
    };

    private sealed record Careless(string AccessToken) : IRequest<Result>;
}

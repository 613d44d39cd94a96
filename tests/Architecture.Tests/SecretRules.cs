using System.Text.RegularExpressions;
using Mono.Cecil;
using Shouldly;
using Xunit;

namespace Claudy.Architecture.Tests;

/// <summary>What may hold a secret, going by its name, is not printed, logged or serialized as it is.</summary>
public sealed partial class SecretRules
{
    /// <summary>Names that sound like secrets and are none.</summary>
    private static readonly string[] NoSecrets =
    [
        "Claudy.Domain.Shared.Error::Code",
        "Claudy.WebApi.Http.ProblemData::Code",
        "Claudy.WebApi.Protocol.ErrorData::Code",
        "Claudy.WebApi.Protocol.TokenStatusData::Code",
        "Claudy.WebApi.Protocol.TokenDescription::Code",
        "Claudy.Domain.Sessions.SessionErrorRaised::Code",
        "Claudy.Application.Messaging.TracingBehaviour`2::LogRefused code",
        "Claudy.Application.Audit.AuditEntry::Code",
        "Claudy.Application.Usage.Ports.UsageGroup::Key",
        "Claudy.Infrastructure.InProcess.RecentlyUsed`1/Entry::Key",
        "Claudy.WebApi.Protocol.UsageSumData::Key",

        // Bytes, which print as no more than that.
        "Claudy.WebApi.Edge.ServerCertificate/Files::Key",
    ];

    /// <summary>Wire types that carry a secret on purpose, each to whom it belongs or from them.</summary>
    private static readonly string[] Carriers =
    [
        "Claudy.WebApi.Http.SignInRequest::Code",
        "Claudy.WebApi.Http.SignInResponse::AccessToken",
        "Claudy.WebApi.Http.SignInResponse::RefreshToken",
        "Claudy.WebApi.Http.RefreshTokenRequest::RefreshToken",
        "Claudy.WebApi.Http.CreatedPersonalTokenData::Token",
        "Claudy.WebApi.Http.GitHubCallbackRequest::Code",
        "Claudy.Infrastructure.GitHub.TokenAnswer::AccessToken",
        "Claudy.WebApi.Protocol.CreateSessionData::ClaudeToken",
        "Claudy.WebApi.Protocol.ClaudeTokenData::ClaudeToken",
        "Claudy.WebApi.Protocol.RepositoryData::Token",
        "Claudy.Infrastructure.Security.KeyLine::Key",
    ];

    [Fact]
    public void Records_ShouldNotPrintWhatSoundsLikeASecret()
    {
        PrintedSecrets(House.Claudy).Except(NoSecrets, StringComparer.Ordinal).ShouldBeEmpty();
        PrintedSecrets(House.Planted).ShouldBe(["Claudy.Architecture.Tests.Planted.Application.RecordThatShowsAKey::ApiKey"]);
    }

    [Fact]
    public void Logs_ShouldNotTakeWhatSoundsLikeASecret()
    {
        LoggedSecrets(House.Claudy).Except(NoSecrets, StringComparer.Ordinal).ShouldBeEmpty();
        LoggedSecrets(House.Planted).ShouldBe(["Claudy.Architecture.Tests.Planted.Application.LogThatShowsAToken::LogSignedIn accessToken"]);
    }

    [Fact]
    public void WireTypes_ShouldCarryWhatSoundsLikeASecretOnPurposeOnly()
    {
        SerializedSecrets(House.Claudy).Except(NoSecrets, StringComparer.Ordinal).Order(StringComparer.Ordinal).ShouldBe(Carriers.Order(StringComparer.Ordinal));
        SerializedSecrets(House.Planted).ShouldBe(["Claudy.Architecture.Tests.Planted.Application.RecordThatShowsAKey::ApiKey"]);
    }

    [Fact]
    public void Secret_ShouldBeReadByNoSerializer() =>
        House.Claudy.Types.SelectMany(Serializable).SelectMany(Reached).Where(type => type.FullName == "Claudy.Domain.Shared.Secret")
            .ShouldBeEmpty();

    private static List<string> PrintedSecrets(House house) =>
    [
        .. house.Types.SelectMany(t => t.NestedTypes.Prepend(t))
            .Where(PrintsItsProperties)
            .SelectMany(type => type.Properties.Where(p => IsText(p.PropertyType) && SoundsSecret(p.Name)).Select(p => $"{type.FullName}::{p.Name}")),
    ];

    private static List<string> LoggedSecrets(House house) =>
    [
        .. house.Types.SelectMany(t => t.NestedTypes.Prepend(t)).SelectMany(type => type.Methods)
            .Where(method => method.CustomAttributes.Any(a => a.AttributeType.Name == "LoggerMessageAttribute"))
            .SelectMany(method => method.Parameters
                .Where(p => (IsText(p.ParameterType) && SoundsSecret(p.Name)) || p.ParameterType.FullName == "Claudy.Domain.Shared.Secret")
                .Select(p => $"{method.DeclaringType.FullName}::{method.Name} {p.Name}")),
    ];

    private static List<string> SerializedSecrets(House house) =>
    [
        .. house.Types.SelectMany(Serializable).SelectMany(Reached).DistinctBy(type => type.FullName)
            .SelectMany(type => type.Properties.Where(p => IsText(p.PropertyType) && SoundsSecret(p.Name)).Select(p => $"{type.FullName}::{p.Name}")),
    ];

    /// <summary>The types that a serializer context of ours reads or writes.</summary>
    private static IEnumerable<TypeReference> Serializable(TypeDefinition context) => context.CustomAttributes
        .Where(a => a.AttributeType.Name == "JsonSerializableAttribute")
        .Select(a => (TypeReference)a.ConstructorArguments[0].Value);

    /// <summary>A type of ours, and those in its properties.</summary>
    private static IEnumerable<TypeDefinition> Reached(TypeReference from)
    {
        HashSet<string> seen = [];
        Stack<TypeReference> left = new([from]);
        while (left.TryPop(out var type))
        {
            if (type is GenericInstanceType generic)
            {
                foreach (var argument in generic.GenericArguments)
                {
                    left.Push(argument);
                }
            }

            var element = type.GetElementType();
            if (element.FullName.StartsWith("Claudy.", StringComparison.Ordinal) && seen.Add(element.FullName) && element.Resolve() is { } definition)
            {
                yield return definition;
                foreach (var property in definition.Properties)
                {
                    left.Push(property.PropertyType);
                }
            }
        }
    }

    // The compiler's own printing goes through all public properties.
    private static bool PrintsItsProperties(TypeDefinition type) =>
        type.Methods.Any(m => m.Name == "PrintMembers")
        && type.Methods.Any(m => m.Name == "ToString" && m.CustomAttributes.Any(a => a.AttributeType.Name == "CompilerGeneratedAttribute"));

    private static bool IsText(TypeReference type) => type.FullName is "System.String" or "System.Byte[]";

    private static bool SoundsSecret(string name) => SecretName().IsMatch(name) && !IdOrPath().IsMatch(name);

    [GeneratedRegex("token|key|secret|password|passphrase|^code$|code$", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    [GeneratedRegex("(?:id|path|kind|type|tokens|exitcode)$", RegexOptions.IgnoreCase)]
    private static partial Regex IdOrPath();
}

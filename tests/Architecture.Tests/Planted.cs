using System.Text.Json.Serialization;
using MediatR;
using Microsoft.Extensions.Logging;
using Shouldly;

#pragma warning disable IDE0130, MA0182, S1144, S2094, CA1852, S3881

namespace Claudy.Architecture.Tests.Planted.Domain
{
    internal static class EntityThatKnowsAUseCase
    {
        public static string Name => typeof(Application.UseCaseWithALibrary).Name;
    }

    internal static class EntityWithALibrary
    {
        public static void Check() => true.ShouldBeTrue();
    }
}

namespace Claudy.Architecture.Tests.Planted.Application
{
    internal static class UseCaseThatKnowsAnAdapter
    {
        public static string Name => Infrastructure.Sqlite.AdapterThatKnowsAnother.Name;
    }

    internal static class UseCaseWithALibrary
    {
        public static void Check() => 1.ShouldBe(1);
    }

    internal sealed record RequestWithoutAHandler : IRequest<int>;

    internal sealed record RequestWithAPublicHandler : IRequest<int>;

    public sealed class PublicHandler : IRequestHandler<RequestWithAPublicHandler, int>
    {
        Task<int> IRequestHandler<RequestWithAPublicHandler, int>.Handle(RequestWithAPublicHandler request, CancellationToken cancellationToken) =>
            Task.FromResult(0);
    }

    internal sealed class SessionManager;

    internal sealed record RecordThatShowsAKey(string ApiKey);

    internal static partial class LogThatShowsAToken
    {
        [LoggerMessage(1, LogLevel.Information, "{AccessToken}")]
        public static partial void LogSignedIn(ILogger logger, string accessToken);
    }

    [JsonSerializable(typeof(RecordThatShowsAKey))]
    internal sealed partial class CarelessJson : JsonSerializerContext;
}

namespace Claudy.Architecture.Tests.Planted.Infrastructure.Sqlite
{
    internal static class AdapterThatKnowsAnother
    {
        public static string Name => Redis.AdapterThatKnowsTheWeb.Endpoint.Name;
    }
}

namespace Claudy.Architecture.Tests.Planted.Infrastructure.Redis
{
    internal static class AdapterThatKnowsTheWeb
    {
        public static Type Endpoint => typeof(WebApi.EndpointThatKnowsAnAdapter);
    }
}

namespace Claudy.Architecture.Tests.Planted.WebApi
{
    internal static class EndpointThatKnowsAnAdapter
    {
        public static string Name => nameof(Infrastructure.Sqlite) + typeof(Infrastructure.Sqlite.AdapterThatKnowsAnother).Name;
    }

    internal class OpenClass;
}

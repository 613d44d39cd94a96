using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;

namespace Claudy.Integration.Tests.Agents;

/// <summary>Launches for tests.</summary>
internal static class Launches
{
    public static AgentLaunch Any { get; } = new()
    {
        SessionId = new SessionId(Guid.Parse("0195c0de-0000-7000-8000-000000000001")),
        Settings = new SessionSettings { Name = "test" },
        WorkspacePath = "/data/workspaces/1",
        HomePath = "/data/homes/1",
        ApiSocketPath = "/data/run/1/api.sock",
    };
}

namespace Claudy.Application.Sessions.Ports;

/// <summary>How much memory this machine, or the container around the server, has left.</summary>
public interface INodeMemory
{
    /// <summary>Bytes that new processes can take without pushing others out; <see cref="long.MaxValue"/> where that cannot be told.</summary>
    long AvailableBytes { get; }
}

using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Claudy.Infrastructure.Egress;

/// <summary>The names and addresses that this machine knows.</summary>
internal interface IHostResolver
{
    /// <summary>The addresses of a name; none when there is no such name.</summary>
    Task<IReadOnlyList<IPAddress>> ResolveAsync(string name, CancellationToken cancellationToken);

    /// <summary>The addresses of this machine's own interfaces.</summary>
    IReadOnlyCollection<IPAddress> OwnAddresses();
}

/// <summary>As the operating system has them.</summary>
internal sealed class SystemHostResolver : IHostResolver
{
    // The operating system's resolver holds a thread of the pool until it answers, whether anybody still waits or not.
    private const int MaxLookups = 8;
    private static readonly SemaphoreSlim Lookups = new(MaxLookups);

    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        await Lookups.WaitAsync(cancellationToken);
        var lookup = Dns.GetHostAddressesAsync(name, CancellationToken.None);
        _ = lookup.ContinueWith(_ => Lookups.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await lookup.WaitAsync(cancellationToken);
        }
        catch (SocketException)
        {
            return [];
        }
    }

    public IReadOnlyCollection<IPAddress> OwnAddresses() =>
        [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(own => own.Address)];
}

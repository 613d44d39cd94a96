using System.Net;
using System.Net.Sockets;
using Claudy.Domain.Networking;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Egress;

/// <summary>Finds a host's addresses, judges them, and connects to one of those that it judged.</summary>
internal sealed class EgressConnector(IHostResolver resolver, IOptions<EgressOptions> options)
{
    private readonly ReachableAddresses _reachable = options.Value.Reachable();

    /// <summary>Connects to a host that the rules allow by name.</summary>
    /// <exception cref="OperationCanceledException">It was called off.</exception>
    public async Task<EgressConnection> ConnectAsync(HostName host, int port, NetworkRules rules, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.Value.ConnectTimeout);
        try
        {
            var found = host.Address is { } literal ? [literal] : await resolver.ResolveAsync(host.Value, deadline.Token);
            List<IPAddress> addresses = [.. found.Select(address => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)];
            if (addresses.Count == 0)
            {
                return new EgressConnection.Failed(EgressAnswer.Unreachable(host.Value, "there is no such name."));
            }

            // All of them: a name with one foot in the private network is not to be trusted with the other.
            if (WhyNot(addresses, port, rules) is { } refusal)
            {
                return new EgressConnection.Refused(refusal);
            }

            return await ConnectAsync(host, addresses, port, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new EgressConnection.Failed(EgressAnswer.TimedOut(host.Value));
        }
    }

    private NetworkRefusal? WhyNot(List<IPAddress> addresses, int port, NetworkRules rules)
    {
        if (!addresses.All(_reachable.Includes))
        {
            return NetworkRefusal.PrivateAddress;
        }

        var plain = addresses.Select(ReachableAddresses.Plain).ToList();
        if (plain.Any(address => rules.Denies(HostName.Of(address), port)))
        {
            return NetworkRefusal.Denied;
        }

        // Services of this machine that a firewall hides from the world listen on its public address too.
        var own = resolver.OwnAddresses();
        return plain.Any(address => own.Contains(address) && !_reachable.IsOpened(address)) ? NetworkRefusal.PrivateAddress : null;
    }

    private async Task<EgressConnection> ConnectAsync(HostName host, List<IPAddress> addresses, int port, CancellationToken cancellationToken)
    {
        var why = "";
        for (var i = 0; i < addresses.Count; i++)
        {
            // The last may take the time that is left; the others not all of it.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (i < addresses.Count - 1)
            {
                patience.CancelAfter(options.Value.ConnectTimeout / addresses.Count);
            }

            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(addresses[i], port), patience.Token);
                return new EgressConnection.Made(socket);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                why = e.SocketErrorCode == SocketError.ConnectionRefused ? "it refused the connection." : $"{e.Message}.";
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                socket.Dispose();
                why = "it did not answer.";
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        return new EgressConnection.Failed(EgressAnswer.Unreachable(host.Value, why));
    }
}

/// <summary>What became of an attempt to connect.</summary>
internal abstract record EgressConnection
{
    /// <summary>It is connected; the socket is the receiver's.</summary>
    public sealed record Made(Socket Socket) : EgressConnection;

    /// <summary>An address of the host is out of reach.</summary>
    public sealed record Refused(NetworkRefusal Reason) : EgressConnection;

    /// <summary>The host cannot be reached.</summary>
    /// <param name="Answer">What to answer.</param>
    public sealed record Failed(byte[] Answer) : EgressConnection;
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Local;

/// <summary>Gives every endpoint its port before anything starts, so that every address is known to everybody.</summary>
internal static class Ports
{
    public static void Assign(IEnumerable<ApplicationModel.Resource> resources, bool randomise)
    {
        // Held until all are given out, so that no two get the same.
        List<TcpListener> held = [];
        try
        {
            foreach (var resource in resources)
            {
                foreach (var endpoint in resource.Spec.Endpoints)
                {
                    endpoint.Ports = [.. Enumerable.Range(0, resource.Spec.Replicas).Select(replica =>
                        endpoint.FixedPort is { } port && replica == 0 && !randomise ? Fixed(port, resource.Name) : Any(held))];
                }
            }
        }
        finally
        {
            held.ForEach(listener => listener.Dispose());
        }
    }

    private static int Fixed(int port, string resource)
    {
        IPAddress[] addresses = Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
        foreach (var address in addresses)
        {
            try
            {
                using var listener = new TcpListener(address, port);
                listener.Start();
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // The last word of the resource's name is that of its variable: cozi-bridge, CALENDARSYNC_BRIDGE_PORT.
                var variable = $"CALENDARSYNC_{resource.Split('-')[^1].ToUpperInvariant()}_PORT";
                throw new LocalRuntimeException(
                    string.Create(CultureInfo.InvariantCulture, $"Port {port} for '{resource}' is in use. Stop what listens there, or set {variable} to another port."),
                    exception);
            }
            catch (SocketException)
            {
                // This machine has no such loopback address (no IPv6): nothing to collide with.
            }
        }

        return port;
    }

    private static int Any(List<TcpListener> held)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        held.Add(listener);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

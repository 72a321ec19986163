using System.Net;
using System.Net.Sockets;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>
/// Keeps a server address that a user typed from reaching into our own network (SSRF). The address is judged where the socket connects,
/// after the name was resolved, and that very address is connected to: a name that resolves to another address a moment later (DNS
/// rebinding), or a redirect, changes nothing.
/// </summary>
internal static class OutboundAddressGuard
{
    // IANA special-purpose registries (RFC 6890), as far as they lie in what is otherwise routed.
    private static readonly IPNetwork[] Private =
    [
        .. new[] { "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7" }.Select(n => IPNetwork.Parse(n)),
    ];

    private static readonly IPNetwork[] Never =
    [
        .. new[]
        {
            "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "2001::/23", "2001:db8::/32", "3fff::/20",
        }.Select(n => IPNetwork.Parse(n)),
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    /// <summary>Whether an address may be connected to.</summary>
    /// <param name="address">As resolved.</param>
    /// <param name="allowPrivate">Loopback and private networks too.</param>
    public static bool IsAllowed(IPAddress address, bool allowPrivate)
    {
        address = Embedded(address);
        if (Array.Exists(Private, network => network.Contains(address)))
        {
            return allowPrivate;
        }

        return !Array.Exists(Never, network => network.Contains(address))
            && (address.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(address));
    }

    /// <summary>Connects a socket to an allowed address of the host, trying its addresses in turn.</summary>
    /// <exception cref="AddressNotAllowedException">The host has addresses, none of them allowed.</exception>
    public static async ValueTask<Stream> ConnectAsync(DnsEndPoint endPoint, bool allowPrivate, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(endPoint.Host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(endPoint.Host, cancellationToken).ConfigureAwait(false);
        var allowed = Array.FindAll(addresses, address => IsAllowed(address, allowPrivate));
        if (allowed.Length == 0)
        {
            throw new AddressNotAllowedException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endPoint.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // An IPv4 address in IPv6 clothes is judged as what it is.
    private static IPAddress Embedded(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        return Nat64.Contains(address) ? new IPAddress(bytes.AsSpan(12, 4))
            : SixToFour.Contains(address) ? new IPAddress(bytes.AsSpan(2, 4))
            : address;
    }
}

/// <summary>The host resolves to addresses that may not be reached; the message names neither.</summary>
internal sealed class AddressNotAllowedException() : IOException("The address of the server is not a public one.");

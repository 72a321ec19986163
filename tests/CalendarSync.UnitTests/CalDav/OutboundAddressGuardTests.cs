using System.Net;
using CalendarSync.Core.Providers.CalDav;

namespace CalendarSync.UnitTests.CalDav;

public sealed class OutboundAddressGuardTests
{
    [Theory]
    [InlineData("17.248.146.1")]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("2620:149:a44::1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::808:808")]
    public void Public_addresses_are_allowed(string address) => Assert.True(OutboundAddressGuard.IsAllowed(IPAddress.Parse(address), allowPrivate: false));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("10.1.2.3")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("::1")]
    [InlineData("fd00::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("2002:a00:1::")]
    public void Private_addresses_are_allowed_only_where_the_operator_says_so(string address)
    {
        Assert.False(OutboundAddressGuard.IsAllowed(IPAddress.Parse(address), allowPrivate: false));
        Assert.True(OutboundAddressGuard.IsAllowed(IPAddress.Parse(address), allowPrivate: true));
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("198.18.0.1")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    [InlineData("::")]
    [InlineData("2001:db8::1")]
    [InlineData("::ffff:169.254.169.254")]
    public void Metadata_and_special_addresses_are_never_allowed(string address)
    {
        Assert.False(OutboundAddressGuard.IsAllowed(IPAddress.Parse(address), allowPrivate: false));
        Assert.False(OutboundAddressGuard.IsAllowed(IPAddress.Parse(address), allowPrivate: true));
    }

    [Fact]
    public async Task A_name_that_resolves_to_a_private_address_is_not_connected_to() =>
        await Assert.ThrowsAsync<AddressNotAllowedException>(async () =>
            await OutboundAddressGuard.ConnectAsync(new DnsEndPoint("localhost", 1), allowPrivate: false, TestContext.Current.CancellationToken));
}

using CalendarSync.Core.Providers;
using CalendarSync.Core.Providers.CalDav;
using CalendarSync.IntegrationTests.Sync;

namespace CalendarSync.IntegrationTests.Conformance;

/// <summary>No suite is left out for any provider, nor any way to reach it.</summary>
public sealed class ConformanceMatrixTests
{
    private static readonly Dictionary<Type, string[]> Servers = new()
    {
        [typeof(CalDavProvider)] = ["Radicale", "Xandikos"],
        [typeof(FakeCalendarProvider)] = ["Fake"],
    };

    private static readonly Type[] OwnTypes = typeof(ConformanceMatrixTests).Assembly.GetTypes();

    // Api.FakeProvider only lists calendars: it stands in for the password check of a connect.
    [Fact]
    public void Every_provider_has_a_server_to_be_held_against() =>
        Assert.Equal(
            typeof(ICalendarProvider).Assembly.GetTypes().Concat(OwnTypes).Where(type => type.IsClass && typeof(ICalendarProvider).IsAssignableFrom(type) && type != typeof(Api.FakeProvider)).OrderBy(type => type.Name),
            Servers.Keys.OrderBy(type => type.Name));

    [Fact]
    public void Every_server_runs_every_suite_and_a_real_one_through_the_proxy_too()
    {
        var expected = Servers.SelectMany(provider => provider.Value.SelectMany(server => new[]
        {
            (typeof(CalendarProviderConformance), $"{server}ConformanceTests"),
            (typeof(CalendarProviderFaultConformance), $"{server}FaultConformanceTests"),
        }.Concat(provider.Key == typeof(FakeCalendarProvider) ? [] : [(typeof(CalendarProviderConformance), $"{server}ThroughProxyConformanceTests")])));
        var suites = OwnTypes.Where(type => type.IsAbstract && type.Name.EndsWith("Conformance", StringComparison.Ordinal)).ToArray();

        Assert.Equal(
            expected.Select(e => (e.Item1.Name, e.Item2)).Order(),
            OwnTypes.Where(type => !type.IsAbstract).SelectMany(type => suites.Where(type.IsSubclassOf).Select(suite => (suite.Name, type.Name))).Order());
    }
}

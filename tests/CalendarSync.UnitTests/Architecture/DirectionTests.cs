using ArchUnitNET.Loader;

namespace CalendarSync.UnitTests.Architecture;

/// <summary>Every rule holds in the product, and every rule is able to find something.</summary>
public sealed class DirectionTests
{
    private const string PlantedRoot = "CalendarSync.UnitTests.Architecture.Planted";

    private static readonly Lazy<ArchUnitNET.Domain.Architecture> Product = new(() => new ArchLoader().LoadAssemblies([.. ProductAssemblies.All]).Build());

    private static readonly Lazy<ArchUnitNET.Domain.Architecture> Planted = new(() => new ArchLoader().LoadAssemblies(typeof(DirectionTests).Assembly).Build());

    public static TheoryData<string, string[]> Expected => new()
    {
        { "Core.Model", ["Core.Model.ViolatorModel"] },
        { "Core.Sync.Planning", ["Core.Sync.Planning.ViolatorPlanning"] },
        { "Core.Providers", ["Core.Providers.ViolatorContract"] },
        { "Core.Providers.CalDav", ["Core.Providers.CalDav.ViolatorCalDav"] },
        { "Core.Coordination", ["Core.Coordination.ViolatorCoordination"] },
        { "Core.Providers.Google", ["Core.Providers.Google.ViolatorGoogle"] },
        { "Core.Providers.Cozi", ["Core.Providers.Cozi.ViolatorCozi"] },
        { "Core.Persistence", ["Core.Persistence.ViolatorPersistence"] },
        { "Core.Sync", ["Core.Sync.ViolatorSync"] },
        {
            "Core",
            [
                "Core.Telemetry.ViolatorCoreAspNet", "Core.Telemetry.ViolatorCoreAspire",
                "Core.Telemetry.ViolatorCoreFastEndpoints", "Core.Telemetry.ViolatorCoreHost",
            ]
        },
        { "ServiceDefaults", ["ServiceDefaults.ViolatorServiceDefaults"] },
        { "Api", ["Api.ViolatorApi"] },
        { "Worker", ["Worker.ViolatorWorker"] },
        { "Web", ["Web.ViolatorWeb"] },
    };

    [Theory]
    [MemberData(nameof(Expected))]
    public void A_rule_finds_its_planted_violations_and_nothing_else(string from, string[] violators)
    {
        var rule = Assert.Single(DirectionRules.All, r => r.From == from);

        Assert.Equal(violators, rule.Violations(Planted.Value, PlantedRoot).Select(TopLevel).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_rule_has_a_planted_violation() =>
        Assert.Equal(DirectionRules.All.Select(r => r.From).Order(StringComparer.Ordinal), Expected.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Expected))]
    public void The_product_keeps_the_rule(string from, string[] violators)
    {
        Assert.NotEmpty(violators);
        var rule = Assert.Single(DirectionRules.All, r => r.From == from);

        Assert.Empty(rule.Violations(Product.Value, "CalendarSync"));
    }

    // "…Planted.Core.Model.ViolatorModel+<>c" stands for the type that a person wrote.
    private static string TopLevel(string fullName) => fullName[(PlantedRoot.Length + 1)..].Split('+', '/')[0];
}

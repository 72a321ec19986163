namespace CalendarSync.UnitTests.Architecture;

/// <summary>The directions of docs/architecture.md.</summary>
public static class DirectionRules
{
    private static readonly string[] ConcreteProviders = ["Core.Providers.CalDav", "Core.Providers.Google", "Core.Providers.Cozi"];

    /// <summary>Every rule; a test fails for one that has no planted violation.</summary>
    public static IReadOnlyList<DirectionRule> All { get; } =
    [
        new("The model uses nothing of ours", "Core.Model", []),
        new("Planning is pure: it uses the model only", "Core.Sync.Planning", ["Core.Model"],
            Never: ["System.IO", "System.Net", "System.Data", "System.TimeProvider", "Npgsql", "Dapper", "StackExchange", "Microsoft.Extensions"]),
        new("The provider contract uses the model only", "Core.Providers", ["Core.Model"], But: ConcreteProviders, Except: ConcreteProviders),
        .. ConcreteProviders.Select(provider => new DirectionRule(
            $"{provider} uses the provider contract, the model and the names of the telemetry, and no other provider",
            provider,
            ["Core.Providers!", "Core.Model", "Core.Telemetry"],
            Never: ["Npgsql", "Dapper", "StackExchange"])),
        new("Persistence uses the model and the vocabulary of the provider contract", "Core.Persistence", ["Core.Model", "Core.Providers!"],
            Never: ["System.Net.Http"]),
        new("Coordination uses the model and the vocabulary of the provider contract", "Core.Coordination", ["Core.Model", "Core.Providers!"], Never: ["Npgsql", "Dapper"]),
        new("The sync knows no concrete provider", "Core.Sync", ["Core"], But: ConcreteProviders, Except: ["Core.Sync.Planning"]),
        new("Core knows no host", "Core", [], Never: ["Microsoft.AspNetCore", "FastEndpoints", "Aspire"]),
        new("What all hosts share knows none of them, and not the product either", "ServiceDefaults", []),
        new("The API uses neither the worker nor the web page", "Api", ["Core", "ServiceDefaults"]),
        new("The worker uses neither the API nor the web page", "Worker", ["Core", "ServiceDefaults"], Never: ["FastEndpoints"]),
        new("The web page knows the HTTP API only, none of the code behind it", "Web", ["ServiceDefaults"], Never: ["Npgsql", "Dapper", "StackExchange"]),
    ];
}

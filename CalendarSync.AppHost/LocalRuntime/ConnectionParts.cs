namespace Aspire.Hosting.Local;

/// <summary>The parts of a connection string under the names that Aspire gives them, for processes that want no .NET connection string.</summary>
internal static class ConnectionParts
{
    public static IEnumerable<(string Part, IValueProvider Value)> Of(IResourceWithConnectionString resource) => resource switch
    {
        PostgresDatabaseResource database =>
        [
            .. OfServer(database.Parent),
            ("DATABASENAME", Text(database.DatabaseName)),
            ("URI", ReferenceExpression.Create($"{Uri(database.Parent)}/{database.DatabaseName}")),
        ],
        PostgresServerResource server => [.. OfServer(server), ("URI", Uri(server))],
        RedisResource redis =>
        [
            ("HOST", redis.PrimaryEndpoint.Property(EndpointProperty.Host)),
            ("PORT", redis.PrimaryEndpoint.Property(EndpointProperty.Port)),
            ("PASSWORD", redis.PasswordParameter),
            ("URI", ReferenceExpression.Create(
                $"redis://:{redis.PasswordParameter}@{redis.PrimaryEndpoint.Property(EndpointProperty.Host)}:{redis.PrimaryEndpoint.Property(EndpointProperty.Port)}")),
        ],
        _ => [],
    };

    private static IEnumerable<(string Part, IValueProvider Value)> OfServer(PostgresServerResource server) =>
    [
        ("HOST", server.Host),
        ("PORT", server.Port),
        ("USERNAME", Text("postgres")),
        ("PASSWORD", server.PasswordParameter),
    ];

    private static ReferenceExpression Uri(PostgresServerResource server) =>
        ReferenceExpression.Create($"postgresql://postgres:{server.PasswordParameter}@{server.Host}:{server.Port}");

    private static ReferenceExpression Text(string value) => ReferenceExpression.Create($"{value}");
}

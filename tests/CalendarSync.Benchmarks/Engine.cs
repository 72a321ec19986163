using System.Diagnostics;
using CalendarSync.Core.Coordination;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Providers.CalDav;
using CalendarSync.Core.Sync;
using CalendarSync.Core.Vault;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using StackExchange.Redis;

namespace CalendarSync.Benchmarks;

/// <summary>The engine as the worker runs it: claim, pass, record. Nothing in it knows that it is measured.</summary>
internal sealed class Engine : IAsyncDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(30);

    private readonly IHost _host;
    private readonly NpgsqlDataSource _source;
    private readonly ConnectionMultiplexer _redis;
    private int _requests;

    private Engine(NpgsqlDataSource source, ConnectionMultiplexer redis)
    {
        _source = source;
        _redis = redis;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ENCRYPTION_KEY"] = string.Concat(Enumerable.Repeat("0a1b2c3d", 8)) });
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new RowanDatabase(source));
        services.AddSingleton<IConnectionMultiplexer>(redis);
        services.AddCoordination();
        services.AddVault();
        services.AddCalDav();
        services.AddSync();
        services.AddHttpClient(CalDavClient.HttpClientName).AddHttpMessageHandler(() => new Counter(this));
        services.AddHttpClient(CalDavClient.UnpooledHttpClientName).AddHttpMessageHandler(() => new Counter(this));
        _host = builder.Build();
    }

    private LeaseStore Leases => _host.Services.GetRequiredService<LeaseStore>();

    private SyncSession Session => _host.Services.GetRequiredService<SyncSession>();

    public static async Task<Engine> CreateAsync(string database, string redis)
    {
        var builder = new NpgsqlDataSourceBuilder(database);
        builder.UseNodaTime();
        return new Engine(builder.Build(), await ConnectionMultiplexer.ConnectAsync(redis));
    }

    /// <summary>The password of a connection, as the API stores it.</summary>
    public async Task StorePasswordAsync(ConnectionId connection, string password)
    {
        await using var transaction = await _host.Services.GetRequiredService<RowanDatabase>().BeginAsServiceAsync(origin: null, CancellationToken.None);
        await _host.Services.GetRequiredService<TokenVault>().StoreAsync(transaction, connection, SecretKind.AppSpecificPassword, password, CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>Runs as many passes as are due, some side by side.</summary>
    public async Task RunAsync(int passes = 1, int parallel = 1)
    {
        for (var done = 0; done < passes;)
        {
            var leases = await Leases.ClaimDueAsync("bench", parallel, Lease, CancellationToken.None);
            if (leases.Count == 0)
            {
                throw new InvalidOperationException($"Only {done} of {passes} connections are due.");
            }

            await Task.WhenAll(leases.Select(lease => Session.RunAsync(lease, CancellationToken.None)));
            done += leases.Count;
        }
    }

    /// <summary>Requests to the calendar server and round trips to Postgres of a run. Not measured at the same time: listening costs.</summary>
    public async Task<(int Requests, int Statements)> CountAsync(Func<Task> run)
    {
        var statements = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = _ => Interlocked.Increment(ref statements),
        };
        ActivitySource.AddActivityListener(listener);
        var requests = Volatile.Read(ref _requests);
        await run();
        return (Volatile.Read(ref _requests) - requests, statements);
    }

    public async ValueTask DisposeAsync()
    {
        _host.Dispose();
        await _source.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private sealed class Counter(Engine engine) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref engine._requests);
            return base.SendAsync(request, cancellationToken);
        }
    }
}

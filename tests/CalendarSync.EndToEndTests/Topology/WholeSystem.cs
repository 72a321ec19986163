using System.Net.Http.Headers;
using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.Testing;
using CalendarSync.EndToEndTests.Topology;

[assembly: AssemblyFixture(typeof(WholeSystem))]

namespace CalendarSync.EndToEndTests.Topology;

/// <summary>
/// Everything that ./run starts, once for all tests: databases, migrations, the demo family, the hosts and a real CalDAV server, with Amara's
/// calendar connected. Started when the first test asks for it, so that the tests of the runtime alone do not pay for it.
/// </summary>
public sealed class WholeSystem : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(4);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private IDistributedApplicationTestingBuilder? _builder;
    private DistributedApplication? _app;
    private RunningSystem? _running;

    internal async Task<RunningSystem> StartAsync()
    {
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return _running ??= await StartCoreAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _running?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        if (_builder is not null)
        {
            await _builder.DisposeAsync();
        }

        _gate.Dispose();
    }

    private async Task<RunningSystem> StartCoreAsync()
    {
        using var timeout = new CancellationTokenSource(StartTimeout, TimeProvider.System);
        _builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.CalendarSync_AppHost>(
            [
                "--CALENDARSYNC_EMULATORS", "on", "--CALENDARSYNC_WORKERS", "2",

                // A test is quicker than a person; the limits have tests of their own.
                "--RateLimits:RequestsPer10Seconds", "0", "--RateLimits:ManualSyncPerHour", "0",

                // A test says itself when the calendar is read, or it could not tell who was first.
                "--Sync:AppleInterval", "01:00:00",
            ],
            timeout.Token);
        _app = await _builder.BuildAsync(timeout.Token);
        await _app.StartAsync(timeout.Token);
        foreach (var name in (string[])["web", "api", "worker"])
        {
            await _app.ResourceNotifications.WaitForResourceHealthyAsync(name, timeout.Token);
        }

        var calendar = new HttpClient { BaseAddress = new Uri(_app.GetEndpoint("apple-calendar"), "/amara@example.com/family/") };
        calendar.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("amara@example.com:demo-pass-word-demo")));
        return await RunningSystem.ConnectAsync(_app.CreateHttpClient("api"), calendar, _app.GetEndpoint("web"));
    }
}

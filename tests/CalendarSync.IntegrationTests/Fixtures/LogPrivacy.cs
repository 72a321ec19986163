using System.Diagnostics;
using System.Runtime.CompilerServices;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

[assembly: AssemblyFixture(typeof(LogPrivacy))]

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>
/// Reads the logs of every host that any test of this assembly builds, without the tests' help, and fails the run when one of them holds
/// something private.
/// </summary>
/// <remarks>
/// Each host announces itself on the DiagnosticListener "Microsoft.Extensions.Hosting" when it is built: what WebApplicationFactory, too,
/// gets hold of a host by.
/// </remarks>
public sealed class LogPrivacy : IAsyncDisposable
{
    internal static LogPrivacySink Sink { get; } = new();

    [ModuleInitializer]
    internal static void Begin() => DiagnosticListener.AllListeners.Subscribe(new Hosts());

    public ValueTask DisposeAsync()
    {
        Assert.True(
            Sink.Violations.Count == 0,
            $"{Sink.Violations.Count} of {Sink.Lines} log lines hold something private, for example:\n{string.Join('\n', Sink.Violations.Take(10))}");
        return ValueTask.CompletedTask;
    }

    private sealed class Hosts : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener listener)
        {
            if (listener.Name == "Microsoft.Extensions.Hosting")
            {
                listener.Subscribe(this);
            }
        }

        public void OnNext(KeyValuePair<string, object?> message)
        {
            if (message is { Key: "HostBuilt", Value: IHost host })
            {
                host.Services.GetRequiredService<ILoggerFactory>().AddProvider(Sink);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}

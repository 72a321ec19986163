using System.Reflection;

namespace Aspire.Hosting.Local;

/// <summary>Runs an app host's entry point only as far as <c>Build</c>, and takes the builder away from it.</summary>
internal sealed class EntryPointHook
{
    private static readonly AsyncLocal<EntryPointHook?> Ambient = new();
    private readonly TaskCompletionSource<IDistributedApplicationBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EntryPointHook(RuntimeOptions options) => Options = options;

    public static EntryPointHook? Current => Ambient.Value;

    public RuntimeOptions Options { get; }

    public static Task<IDistributedApplicationBuilder> RunAsync(Assembly appHost, string[] args, RuntimeOptions options)
    {
        var hook = new EntryPointHook(options);
        _ = Task.Run(() =>
        {
            Ambient.Value = hook; // flows with this call only
            try
            {
                appHost.EntryPoint!.Invoke(null, [args]);
                hook._builder.TrySetException(new InvalidOperationException("The entry point ended without building an application."));
            }
            catch (TargetInvocationException exception) when (exception.InnerException is Stopped)
            {
                // As far as it was meant to run.
            }
            catch (TargetInvocationException exception)
            {
                hook._builder.TrySetException(exception.InnerException ?? exception);
            }
        });
        return hook._builder.Task;
    }

    /// <summary>Hands the builder over and ends the entry point.</summary>
    public void Offer(IDistributedApplicationBuilder builder)
    {
        _builder.TrySetResult(builder);
        throw new Stopped();
    }

    private sealed class Stopped : Exception;
}

using CalendarSync.ServiceDefaults;

namespace CalendarSync.Worker.Demo;

/// <summary>The verb <c>seed-demo</c>.</summary>
internal static class DemoCommand
{
    /// <summary>Seeds and ends.</summary>
    /// <returns>The exit code: 0, or 2 outside Development, where there is no demo.</returns>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken = default)
    {
        var builder = Host.CreateApplicationBuilder(args);
        if (!builder.Environment.IsDevelopment())
        {
            await Console.Error.WriteLineAsync("The demo family exists in Development only.");
            return 2;
        }

        builder.AddDemo();
        using var host = builder.Build();
        await host.Services.GetRequiredService<DemoSeed>().RunAsync(cancellationToken);
        return 0;
    }

    private static void AddDemo(this HostApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.AddRowanDataSource();
        builder.Services.AddOptions<DemoOptions>().BindConfiguration("Demo").ValidateDataAnnotations();
        builder.Services.AddHttpClient<DemoCalendar>();
        builder.Services.AddTransient<DemoSeed>();
    }
}

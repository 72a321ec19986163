using CalendarSync.Core.Coordination;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers.CalDav;
using CalendarSync.Core.Sync;
using CalendarSync.Core.Vault;
using CalendarSync.ServiceDefaults;
using CalendarSync.Worker.Sync;

namespace CalendarSync.Worker.Verbs;

/// <summary>The worker itself: syncs what is due until it is stopped.</summary>
internal static class SyncCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        await using var app = Build(args);
        await app.RunAsync();
        return ExitCode.Success;
    }

    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);

        builder.AddServiceDefaults();
        builder.AddRowanDataSource();
        builder.AddRedis();
        builder.Services.AddSingleton<RowanDatabase>();
        builder.Services.AddVault();
        builder.Services.AddCoordination();
        builder.Services.AddCalDav();
        builder.Services.AddSync();
        builder.Services.AddSyncLoop();

        var app = builder.Build();
        app.MapDefaultEndpoints();
        return app;
    }
}

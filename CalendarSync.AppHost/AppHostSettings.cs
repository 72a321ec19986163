using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace CalendarSync.AppHost;

/// <summary>The app host's own settings, read from its environment.</summary>
internal sealed class AppHostSettings(IConfiguration configuration, bool isDevelopment)
{
    public int ApiPort => Number("CALENDARSYNC_API_PORT", 5080);

    public int WebPort => Number("CALENDARSYNC_WEB_PORT", 5081);

    public int BridgePort => Number("CALENDARSYNC_BRIDGE_PORT", 5082);

    public int Workers => Number("CALENDARSYNC_WORKERS", 1);

    /// <summary>The demo family and its sign-in exist only where no real users do.</summary>
    public bool HasDemo => isDevelopment && IsUnset("SUPABASE_JWT_SECRET") && IsUnset("SUPABASE_URL");

    /// <summary>Stand-ins for the providers, when there is nothing real to talk to.</summary>
    public bool HasEmulators => isDevelopment && (configuration["CALENDARSYNC_EMULATORS"] ?? "auto").ToUpperInvariant() switch
    {
        "ON" => true,
        "OFF" => false,
        "AUTO" or "" => IsUnset("GOOGLE_CALENDAR_CLIENT_ID"),
        var other => throw new InvalidOperationException($"CALENDARSYNC_EMULATORS is auto, on or off, not '{other}'."),
    };

    public static AppHostSettings Read(IDistributedApplicationBuilder builder) =>
        new(builder.Configuration, builder.ExecutionContext.IsRunMode && builder.Environment.IsDevelopment());

    private int Number(string name, int otherwise) => configuration[name] switch
    {
        null or "" => otherwise,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65536 => number,
        var text => throw new InvalidOperationException($"{name} is a whole number from 1 to 65535, not '{text}'."),
    };

    private bool IsUnset(string name) => string.IsNullOrWhiteSpace(configuration[name]);
}

using System.ComponentModel.DataAnnotations;

namespace CalendarSync.Api.Limits;

/// <summary>How much one user may ask for; section <c>RateLimits</c>. 0 = no limit.</summary>
internal sealed class RateLimitOptions
{
    /// <summary>How many times as many reads as writes a user may make.</summary>
    public const int ReadsPerWrite = 6;

    /// <summary>Writes of one user in 10 seconds; reads get six times it. Default 10.</summary>
    [Range(0, 100_000)]
    public int RequestsPer10Seconds { get; set; } = 10;

    /// <summary>Manual syncs of one connection in an hour. Default 10.</summary>
    [Range(0, 100_000)]
    public int ManualSyncPerHour { get; set; } = 10;

    /// <summary>Previews of one connection in an hour: each one reads the whole calendar. Default 10.</summary>
    [Range(0, 100_000)]
    public int PreviewsPerHour { get; set; } = 10;

    /// <summary>Attempts of one user to connect a calendar in an hour: each one tries a password at somebody else's server. Default 10.</summary>
    [Range(0, 100_000)]
    public int ConnectPerHour { get; set; } = 10;
}

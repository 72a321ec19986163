using System.ComponentModel.DataAnnotations;

namespace CalendarSync.Core.Coordination;

/// <summary>How much one account may ask of its provider; section <c>RateLimits</c>.</summary>
public sealed class ProviderLimitOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "RateLimits";

    /// <summary>Requests of one CalDAV account in a minute; 0 = no limit. Default 30, and 0 in Development.</summary>
    [Range(0, 100_000)]
    public int ApplePerMinute { get; set; } = 30;

    /// <summary>Requests that a CalDAV account which has rested may make at once. Default: as many as in a minute.</summary>
    [Range(1, 100_000)]
    public int? AppleBurst { get; set; }
}

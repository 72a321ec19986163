using System.ComponentModel.DataAnnotations;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>Settings of the CalDAV provider, section <c>Apple</c>.</summary>
public sealed class AppleOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Apple";

    /// <summary>The server of connections that name none. Default <c>https://caldav.icloud.com</c>.</summary>
    [Required]
    public Uri ServerUrl { get; set; } = new("https://caldav.icloud.com");

    /// <summary>
    /// Whether a server may be at a loopback or private address. Default <c>false</c>, and <c>true</c> in Development. Link-local
    /// addresses, where clouds keep their metadata, are never allowed.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>Whether a server must be reached by https. Default <c>true</c>, and <c>false</c> in Development.</summary>
    public bool RequireHttps { get; set; } = true;

    /// <summary>For a connection to come up. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:02:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>For one request, until the last byte of its answer. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The most bytes of one answer that are read. Default 64 MiB.</summary>
    [Range(1024, int.MaxValue)]
    public int MaxResponseBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Events that are asked for in one request; fewer where the server refuses so many. Default 100.</summary>
    [Range(1, 500)]
    public int MultigetBatch { get; set; } = 100;

    /// <summary>Such requests of one pull that are under way at the same time; also the most batches that are held in memory. Default 3.</summary>
    [Range(1, 16)]
    public int MaxParallelReads { get; set; } = 3;

    /// <summary>Writes of one batch that are under way at the same time. Default 4.</summary>
    [Range(1, 16)]
    public int MaxParallelWrites { get; set; } = 4;

    /// <summary>How long the place of an account's calendars, found through its principal, is taken for granted. Default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan HomeLifetime { get; set; } = TimeSpan.FromHours(1);
}

using CalendarSync.Core.Providers.CalDav;
using Microsoft.Extensions.Options;

namespace CalendarSync.Api.Features.Connections.ConnectApple;

/// <summary>Which CalDAV server a person means.</summary>
internal sealed class AppleServer(IOptions<AppleOptions> options)
{
    /// <summary>Whether the password has Apple's form.</summary>
    public bool IsICloud(string? serverUrl) =>
        (string.IsNullOrWhiteSpace(serverUrl) ? options.Value.ServerUrl : Parse(serverUrl)) is { } url
        && (url.Host.Equals("icloud.com", StringComparison.OrdinalIgnoreCase) || url.Host.EndsWith(".icloud.com", StringComparison.OrdinalIgnoreCase));

    /// <summary>The address of the server that the user chose; <c>null</c> for the one that everybody uses.</summary>
    public static Uri? Parse(string? serverUrl) =>
        Uri.TryCreate(serverUrl?.Trim(), UriKind.Absolute, out var url) && url.Scheme is "https" or "http" ? url : null;

    /// <summary>What is wrong with an address, in plain words; <c>null</c> when nothing is.</summary>
    public string? Problem(string serverUrl) => Parse(serverUrl) switch
    {
        null => "Write the address of the server with https://.",
        { OriginalString.Length: > 2000 } => "This address is too long.",
        { UserInfo.Length: > 0 } => "Leave the user name and the password out of the address.",
        { Scheme: "http" } when options.Value.RequireHttps => "The address must start with https://.",
        _ => null,
    };
}

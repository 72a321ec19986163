using Microsoft.JSInterop;

namespace CalendarSync.Web;

/// <summary>The zone of the person who looks, asked from their browser once: events are shown in it.</summary>
internal sealed class BrowserZone(IJSRuntime browser)
{
    private TimeZoneInfo? _zone;

    /// <summary>UTC where the browser names a zone that this host does not know.</summary>
    public async ValueTask<TimeZoneInfo> GetAsync()
    {
        if (_zone is null)
        {
            await using var module = await browser.InvokeAsync<IJSObjectReference>("import", "./zone.js");
            var id = await module.InvokeAsync<string>("timeZone");
            _zone = TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.Utc;
        }

        return _zone;
    }
}

using CalendarSync.EndToEndTests.Topology;
using Microsoft.Playwright;

namespace CalendarSync.EndToEndTests.Browser;

/// <summary>A person at the page: signs in, sees the connected calendar, writes an event and finds it on the phone.</summary>
public sealed class WebPageTests(WholeSystem whole) : IAsyncLifetime
{
    // The browser of the system, without its talks with its maker.
    private static readonly BrowserTypeLaunchOptions Launch = new()
    {
        ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
        Args =
        [
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync",
        ],
    };

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(Launch);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    [Fact]
    public async Task A_person_signs_in_and_sees_calendars_and_events_and_the_browser_holds_no_token()
    {
        var system = await whole.StartAsync();
        await system.EventsBecomeAsync("Vet: Biscuit", 1);
        var page = await OpenAsync(system);

        await page.GetByRole(AriaRole.Button, new() { Name = "amara@example.com" }).ClickAsync();

        await Assertions.Expect(page.GetByText("Vet: Biscuit")).ToBeVisibleAsync(new() { Timeout = 20_000 });
        await Assertions.Expect(page.GetByText("Connected calendars")).ToBeVisibleAsync();
        var held = await page.EvaluateAsync<string>("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])");
        Assert.DoesNotContain("eyJ", held, StringComparison.Ordinal);
        Assert.All(await page.Context.CookiesAsync(), cookie => Assert.True(cookie.HttpOnly, $"{cookie.Name} can be read by scripts"));
    }

    [Fact]
    public async Task An_event_made_elsewhere_appears_on_the_open_page_by_itself()
    {
        var system = await whole.StartAsync();
        var page = await OpenAsync(system);
        await page.GetByRole(AriaRole.Button, new() { Name = "amara@example.com" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Connected calendars")).ToBeVisibleAsync(new() { Timeout = 20_000 });

        await system.CreateEventAsync("Kite flying (browser)", TimeProvider.System.GetUtcNow().AddDays(2));

        await Assertions.Expect(page.GetByText("Kite flying (browser)")).ToBeVisibleAsync(new() { Timeout = 20_000 });
    }

    private async Task<IPage> OpenAsync(RunningSystem system)
    {
        var context = await _browser!.NewContextAsync(new() { TimezoneId = "America/New_York" });
        var page = await context.NewPageAsync();
        await page.GotoAsync(system.Web.ToString());
        return page;
    }
}

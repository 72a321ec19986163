using System.Net.Http.Headers;
using System.Text;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.Benchmarks;

/// <summary>A calendar on a server, from which all three read.</summary>
/// <param name="Server">For the table.</param>
/// <param name="Address">Of the calendar, with the final slash.</param>
/// <param name="User">Login.</param>
/// <param name="Password">In clear.</param>
/// <param name="Size">Its number of events.</param>
/// <param name="Client">Logged in.</param>
/// <param name="TouchAsync">Changes the title of an event.</param>
internal sealed record CalendarSource(string Server, Uri Address, string User, string Password, int Size, HttpClient Client, Func<int, Task> TouchAsync)
{
    public static CalendarSource Canned(Uri server, int size, string user = "bench")
    {
        var address = new Uri(server, $"/{user}/{size}/");
        var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:bench")));
        return new CalendarSource("canned", address, user, "bench", size, client, async index =>
        {
            using var response = await client.PostAsync(new Uri(address, $"{index}"), content: null);
            response.EnsureSuccessStatusCode();
        });
    }

    public static async Task<CalendarSource> RadicaleAsync(RadicaleServer server, int size)
    {
        var account = await server.CreateAccountAsync();
        var address = await account.CreateCalendarAsync();

        // Straight into its storage: ten thousand PUTs would take longer than everything that is measured.
        var folder = Path.Combine(account.StorageFolder, "family");
        for (var i = 0; i < size; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, CalendarText.Uid(i) + ".ics"), CalendarText.Event(i));
        }

        var revision = 0;
        return new CalendarSource("Radicale", address, account.Email, account.Password, size, account.Client, index =>
            account.PutEventAsync(address, CalendarText.Uid(index), CalendarText.Event(index, ++revision)));
    }
}

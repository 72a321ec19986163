using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using CalendarSync.Core.Coordination;
using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CalendarSync.IntegrationTests.Api;

public sealed class ProgressTests(ApiFixture fixture, PostgresServer postgres) : IClassFixture<ApiFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("syncing", """{"phase":"importing","done":3,"total":9,"message":"Importing."}""", true, "importing", 3, 9)]
    [InlineData("syncing", null, true, "listing", 0, 0)]
    [InlineData("syncing", """{"phase":"done","done":3,"total":3,"message":"From the pass before."}""", true, "listing", 0, 0)]
    [InlineData("active", """{"phase":"done","done":9,"total":9,"message":"Done."}""", true, "done", 9, 9)]
    [InlineData("active", """{"phase":"importing","done":3,"total":9,"message":"From a pass that died."}""", true, "done", 0, 0)]
    [InlineData("active", null, false, "listing", 0, 0)]
    [InlineData("error", null, false, "listing", 0, 0)]
    [InlineData("token_expired", null, false, "done", 0, 0)]
    [InlineData("disconnected", null, false, "done", 0, 0)]
    public async Task Progress_says_how_far_the_pass_is(string status, string? progress, bool initialDone, string phase, int done, int total)
    {
        var person = await fixture.CreatePersonAsync();
        var id = await ConnectAsync(person, status, progress, initialDone);
        var answer = (await person.Client.GetAsync($"/api/calendar/connections/{id.Value}/progress")).Ok();
        Assert.Equal((phase, done, total), ((string)answer["phase"]!, (int)answer["done"]!, (int)answer["total"]!));
        Assert.NotEmpty((string)answer["message"]!);
        Assert.Equal(4, answer.Count);
    }

    [Fact]
    public async Task A_stream_sends_what_the_row_says_what_the_worker_says_and_ends_after_done()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await ConnectAsync(person, "syncing", """{"phase":"listing","done":1,"total":0,"message":"Reading."}""");
        await using var stream = await ProgressReader.OpenAsync(person.Client, id);
        Assert.Equal("listing 1/0", await stream.NextAsync());

        // The subscription begins a moment after the stream: said until heard.
        var channel = fixture.Host.Services.GetRequiredService<ProgressChannel>();
        var step = stream.NextAsync();
        await Poll.UntilAsync(async () =>
        {
            await channel.PublishAsync(id, new SyncProgress("importing", 5, 9, "Importing."), Cancellation);
            return step.IsCompleted;
        });
        Assert.Equal("importing 5/9", await step);

        await fixture.Database.ExecuteAsync(
            """update calendar_connections set sync_status = 'active', progress = '{"phase":"done","done":9,"total":9,"message":"Done."}' where id = @id""", new { id = id.Value });
        Assert.Equal("done 9/9", await stream.NextAsync());
        Assert.Null(await stream.NextAsync());
    }

    [Fact]
    public async Task A_stream_of_a_connection_that_is_up_to_date_is_one_event()
    {
        var person = await fixture.CreatePersonAsync();
        var id = await ConnectAsync(person, "active", null);
        await using var stream = await ProgressReader.OpenAsync(person.Client, id);
        Assert.Equal("done 0/0", await stream.NextAsync());
        Assert.Null(await stream.NextAsync());
    }

    [Fact]
    public async Task Without_Redis_the_stream_reads_the_row()
    {
        await using var redis = new RedisServer();
        await redis.StartAsync();
        await using var database = await postgres.CreateDatabaseAsync();
        await using var host = new ApiHost(database, redis.ConnectionString);
        host.StartServer();
        var user = await database.CreateUserAsync();
        var id = await database.CreateConnectionAsync(await database.CreateSpaceAsync(user), user, status: "syncing");
        await using var stream = await ProgressReader.OpenAsync(host.For(user), id);
        Assert.Equal("listing 0/0", await stream.NextAsync());
        await redis.StopAsync();
        await database.ExecuteAsync("""update calendar_connections set progress = '{"phase":"exporting","done":1,"total":2,"message":"Exporting."}' where id = @id""", new { id = id.Value });
        Assert.Equal("exporting 1/2", await stream.NextAsync());
        await database.ExecuteAsync("update calendar_connections set sync_status = 'disconnected' where id = @id", new { id = id.Value });
        Assert.Equal("done 0/0", await stream.NextAsync());
        Assert.Null(await stream.NextAsync());
    }

    [Fact]
    public async Task A_watcher_that_leaves_leaves_nothing_behind()
    {
        await using var redis = new RedisServer();
        await redis.StartAsync();
        await using var database = await postgres.CreateDatabaseAsync();
        await using var host = new ApiHost(database, redis.ConnectionString);
        host.StartServer();
        await using var observer = await redis.ConnectAsync();
        var user = await database.CreateUserAsync();
        var id = await database.CreateConnectionAsync(await database.CreateSpaceAsync(user), user, status: "syncing");
        async Task<long> SubscribersAsync()
        {
            var answer = await observer.GetDatabase().ExecuteAsync("PUBSUB", "NUMSUB", $"calendarsync:progress:{id.Value:D}");
            return (long)answer[1];
        }

        var stream = await ProgressReader.OpenAsync(host.For(user), id);
        await stream.NextAsync();
        await Poll.UntilAsync(async () => await SubscribersAsync() == 1);
        await stream.DisposeAsync();
        await Poll.UntilAsync(async () => await SubscribersAsync() == 0);
        Assert.DoesNotContain(host.Logs.GetSnapshot(), record => record.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    private async Task<ConnectionId> ConnectAsync(Person person, string status, string? progress, bool initialDone = true)
    {
        var id = await fixture.Database.CreateConnectionAsync(person.Space, person.User, status: status, due: !initialDone);
        await fixture.Database.ExecuteAsync("update calendar_connections set progress = @progress::jsonb where id = @id", new { id = id.Value, progress });
        return id;
    }
}

/// <summary>Reads server-sent events as a browser does.</summary>
internal sealed class ProgressReader(HttpResponseMessage response, StreamReader lines) : IAsyncDisposable
{
    public static async Task<ProgressReader> OpenAsync(ApiClient client, ConnectionId id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/calendar/connections/{id.Value}/progress");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        var response = await client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new ProgressReader(response, new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)));
    }

    /// <returns>The next event, such as "importing 5/9"; <c>null</c> at the end of the stream.</returns>
    public async Task<string?> NextAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (await lines.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                var step = JsonNode.Parse(line["data: ".Length..])!;
                return $"{step["phase"]} {step["done"]}/{step["total"]}";
            }
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        lines.Dispose();
        response.Dispose();
        return ValueTask.CompletedTask;
    }
}

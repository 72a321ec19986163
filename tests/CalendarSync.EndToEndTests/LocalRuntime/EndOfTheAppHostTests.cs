using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CalendarSync.EndToEndTests.LocalRuntime;

/// <summary>However the app host ends, and whatever it finds when it starts again.</summary>
public sealed class EndOfTheAppHostTests : IDisposable
{
    private readonly TemporaryFolder _data = new();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task A_signal_ends_everything_in_order(string signal)
    {
        await using var host = HostProcess.Start(_data.Path);
        await host.ReadyAsync();
        Assert.True(host.Family().Count > 8, "Postgres with its workers, Redis, the service and its child are running");

        await host.SignalAsync(signal);

        Assert.Equal(0, await host.ExitAsync());
        Assert.Empty(host.Family());
        Assert.Contains("database system is shut down", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_app_host_leaves_nobody_behind_and_its_data_can_be_used_again()
    {
        await using (var host = HostProcess.Start(_data.Path))
        {
            await host.ReadyAsync();
            await host.SignalAsync("KILL");
            await host.ExitAsync();
            await host.AllGoneAsync();
        }

        Assert.True(File.Exists(Path.Combine(_data.Path, "postgres", "postmaster.pid")), "a killed Postgres leaves its lock file");

        await using var second = HostProcess.Start(_data.Path);
        await second.ReadyAsync();
        Assert.DoesNotContain("making a new database cluster", second.Output, StringComparison.Ordinal);
        await second.SignalAsync("INT");
        Assert.Equal(0, await second.ExitAsync());
    }

    [Fact]
    public async Task A_lock_file_that_names_some_other_living_process_does_not_stop_Postgres()
    {
        await using (var host = HostProcess.Start(_data.Path))
        {
            await host.ReadyAsync();
            await host.SignalAsync("INT");
            await host.ExitAsync();
        }

        // After a reboot the number in the file may belong to anybody: here to this test.
        await File.WriteAllTextAsync(
            Path.Combine(_data.Path, "postgres", "postmaster.pid"),
            $"{Environment.ProcessId}\n{Path.Combine(_data.Path, "postgres")}\n1\n5432\n\n127.0.0.1\n\nready\n",
            TestContext.Current.CancellationToken);

        await using var second = HostProcess.Start(_data.Path);
        await second.ReadyAsync();
        await second.SignalAsync("INT");
        Assert.Equal(0, await second.ExitAsync());
    }

    [Fact]
    public async Task Two_app_hosts_do_not_share_a_data_folder()
    {
        await using var first = HostProcess.Start(_data.Path);
        await first.ReadyAsync();
        await using var second = HostProcess.Start(_data.Path);

        Assert.Equal(1, await second.ExitAsync());
        Assert.Contains($"already runs on {_data.Path}", second.Output, StringComparison.Ordinal);
        Assert.Contains("CALENDARSYNC_DATA", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Output, StringComparison.Ordinal);

        await first.SignalAsync("INT");
        Assert.Equal(0, await first.ExitAsync());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task A_port_in_use_is_named_with_the_variable_that_changes_it(string address)
    {
        using var squatter = new TcpListener(IPAddress.Parse(address), 0);
        squatter.Start();
        var port = ((IPEndPoint)squatter.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        await using var host = HostProcess.Start(_data.Path, port: port);

        Assert.Equal(1, await host.ExitAsync());
        Assert.Contains($"Port {port} for 'small-door' is in use", host.Output, StringComparison.Ordinal);
        Assert.Contains("CALENDARSYNC_DOOR_PORT", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
        Assert.Empty(host.Family());
    }

    [Fact]
    public async Task A_resource_that_cannot_start_stops_everything_and_fails_the_run()
    {
        await using var host = HostProcess.Start(_data.Path, "broken");

        Assert.Equal(1, await host.ExitAsync());
        Assert.Contains("broken ended with exit code 3 before it was ready", host.Output, StringComparison.Ordinal);
        Assert.Contains("out of cheese", host.Output, StringComparison.Ordinal);
        Assert.Contains("database system is shut down", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Ready:", host.Output, StringComparison.Ordinal);
        Assert.Empty(host.Family());
    }

    public void Dispose() => _data.Dispose();
}

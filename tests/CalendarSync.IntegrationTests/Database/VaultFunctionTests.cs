using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;
using Dapper;
using Npgsql;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>The vault's SQL side: ciphertext in, ciphertext out, and only to whom it belongs.</summary>
public sealed class VaultFunctionTests(PostgresServer postgres) : DatabaseTest(postgres)
{
    private ConnectionId Connection { get; set; }

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Connection = await Database.CreateConnectionAsync(Space, Anna);
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("refresh_token")]
    [InlineData("app_specific_password")]
    [InlineData("cozi_password")]
    public async Task A_secret_is_stored_replaced_read_and_deleted(string kind)
    {
        var first = await ServiceAsync<Guid>("select store_oauth_token(@Connection, @kind, 'cipher-1')", kind);
        Assert.Equal("cipher-1", await ServiceAsync<string>("select get_oauth_token(@Connection, @kind)", kind));
        Assert.Equal(first, await ServiceAsync<Guid>("select store_oauth_token(@Connection, @kind, 'cipher-2', 'renewed')", kind));
        Assert.Equal("cipher-2", await ServiceAsync<string>("select get_oauth_token(@Connection, @kind)", kind));
        await AsServiceAsync(null, "select delete_oauth_tokens(@Connection)", new { Connection });
        await AssertSqlStateAsync(PostgresErrorCodes.NoDataFound, () => ServiceAsync<string>("select get_oauth_token(@Connection, @kind)", kind));
    }

    [Fact]
    public async Task An_unknown_kind_and_an_unknown_connection_are_refused()
    {
        await AssertSqlStateAsync(PostgresErrorCodes.CheckViolation, () => ServiceAsync<Guid>("select store_oauth_token(@Connection, @kind, 'x')", "pin"));
        await AssertSqlStateAsync(
            PostgresErrorCodes.ForeignKeyViolation, () => ServiceAsync<Guid>("select store_oauth_token(gen_random_uuid(), @kind, 'x')", "access_token"));
    }

    [Fact]
    public async Task The_connection_names_the_ids_of_its_tokens_and_forgets_them()
    {
        var access = await ServiceAsync<Guid>("select store_oauth_token(@Connection, @kind, 'x')", "access_token");
        var refresh = await ServiceAsync<Guid>("select store_oauth_token(@Connection, @kind, 'x')", "refresh_token");
        const string Ids = "select access_token_vault_id, refresh_token_vault_id from calendar_connections";
        Assert.Equal((access, refresh), await Database.QuerySingleAsync<(Guid?, Guid?)>(Ids));
        await AsServiceAsync(null, "select delete_oauth_tokens(@Connection)", new { Connection });
        Assert.Equal((null, null), await Database.QuerySingleAsync<(Guid?, Guid?)>(Ids));
    }

    [Fact]
    public async Task B_SEC_1_No_user_and_no_visitor_can_read_a_secret()
    {
        await Database.StoreSecretAsync(Connection, "access_token", "cipher");
        foreach (var role in new[] { "anon", "authenticated", "calendarsync_api", "calendarsync_worker" })
        {
            await using var session = await Database.Owner.OpenConnectionAsync(Cancellation);
            await using var transaction = await session.BeginTransactionAsync(Cancellation);
            await session.ExecuteAsync(
                "select set_config('request.jwt.claims', @claims, true), set_config('role', @role, true)",
                new { claims = $$"""{"sub":"{{Anna.Value}}"}""", role });
            await AssertForbiddenAsync(() => session.ExecuteScalarAsync<string>("select public.get_oauth_token(@Connection, 'access_token')", new { Connection }));
        }

        await AssertForbiddenAsync(() => AsServiceAsync(null, "select ciphertext from calendar_private.calendar_secrets"));
    }

    [Fact]
    public async Task The_API_stores_and_deletes_the_secrets_of_the_user_it_acts_for_and_of_nobody_else()
    {
        await AsApiAsync(Anna, "select store_oauth_token(@Connection, 'access_token', 'cipher')");
        await AssertForbiddenAsync(() => AsApiAsync(Ben, "select store_oauth_token(@Connection, 'access_token', 'planted')"));
        await AssertForbiddenAsync(() => AsApiAsync(Ben, "select delete_oauth_tokens(@Connection)"));
        await AssertForbiddenAsync(() => AsApiAsync(null, "select store_oauth_token(@Connection, 'access_token', 'planted')"));
        Assert.Equal("cipher", await ServiceAsync<string>("select get_oauth_token(@Connection, @kind)", "access_token"));
        await AsApiAsync(Anna, "select delete_oauth_tokens(@Connection)");
        Assert.Equal(0, await Database.QuerySingleAsync<long>("select count(*) from calendar_private.calendar_secrets"));
    }

    [Fact]
    public async Task An_expired_token_is_marked_by_the_sync_and_by_its_owner_and_by_nobody_else()
    {
        await AssertForbiddenAsync(() => AsUserAsync(Ben, "select handle_token_expiry(@Connection)", new { Connection }));
        await AssertForbiddenAsync(() => AsUserAsync(Stranger, "select handle_token_expiry(@Connection)", new { Connection }));
        Assert.Equal("active", await StatusAsync());
        await AsUserAsync(Anna, "select handle_token_expiry(@Connection)", new { Connection });
        Assert.Equal("token_expired", await StatusAsync());
        await AsServiceAsync(null, "select update_token_expiry(@Connection, 3600)", new { Connection });
        Assert.Equal("active", await StatusAsync());
        await AsServiceAsync(null, "select handle_token_expiry(@Connection)", new { Connection });
        Assert.Equal("token_expired", await StatusAsync());
    }

    [Fact]
    public async Task A_disconnected_connection_is_not_brought_back_by_its_tokens()
    {
        await Database.ExecuteAsync("update calendar_connections set sync_status = 'disconnected'");
        await AssertForbiddenAsync(() => AsServiceAsync(null, "select update_token_expiry(@Connection, 3600)", new { Connection }));
        await AssertForbiddenAsync(() => AsServiceAsync(null, "select handle_token_expiry(@Connection)", new { Connection }));
        Assert.Equal("disconnected", await StatusAsync());
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(3600, false)]
    [InlineData(299, true)]
    [InlineData(-1, true)]
    public async Task A_token_counts_as_expired_five_minutes_early_and_never_without_an_expiry(int? seconds, bool expired)
    {
        if (seconds is not null)
        {
            await AsServiceAsync(null, "select update_token_expiry(@Connection, @seconds)", new { Connection, seconds });
        }

        Assert.Equal(expired, await ReadAsUserAsync<bool>(Anna, "select is_token_expired(@Connection)", new { Connection }));
    }

    private Task<string> StatusAsync() => Database.QuerySingleAsync<string>("select sync_status::text from calendar_connections");

    private async Task<T> ServiceAsync<T>(string sql, string kind)
    {
        await using var transaction = await Database.WorkerDatabase.BeginAsServiceAsync(null, Cancellation);
        var value = await transaction.Connection.QuerySingleAsync<T>(transaction.Command(sql, new { Connection, kind }, Cancellation));
        await transaction.CommitAsync(Cancellation);
        return value;
    }

    /// <summary>The API's own login, without the role of a user, naming the user that it acts for.</summary>
    private async Task AsApiAsync(UserId? user, string sql)
    {
        await using var session = await Database.Api.OpenConnectionAsync(Cancellation);
        await using var transaction = await session.BeginTransactionAsync(Cancellation);
        await session.ExecuteAsync(
            "select set_config('request.jwt.claims', @claims, true)", new { claims = user is { } known ? $$"""{"sub":"{{known.Value}}"}""" : "" });
        await session.ExecuteAsync(sql, new { Connection });
        await transaction.CommitAsync(Cancellation);
    }
}

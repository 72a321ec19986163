using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.Limits;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Vault;
using FastEndpoints;
using Npgsql;

namespace CalendarSync.Api.Features.Connections.ConnectApple;

internal sealed class Endpoint(
    RequestValidator validator, RowanDatabase database, AppleLogin login, SecretCipher cipher, RequestLimits limits)
    : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Post("/api/calendar/connect/apple");
        Definition.TakesJson();
        Definition.Idempotent();
        Definition.Describe(
            "Connections",
            "Connect an Apple calendar, or any CalDAV calendar",
            "The credentials are tried at once and stored encrypted. The first sync starts by itself; read its progress at the connection.",
            new(400, "validation_error", "invalid_credentials", "server_unreachable", "address_not_allowed", "not_a_calendar_server", "no_calendars"),
            new(403, "space_access_denied"),
            new(409, "already_connected"),
            new(503, "provider_rate_limited"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        FeaturesSetup.Require(validator.Validate(req));
        var user = User.UserId();
        var space = new SpaceId(req.SpaceId!.Value);
        await limits.TakeConnectAsync(user, ct);

        // The transaction ends before the provider is asked: that may take seconds, and a session is worth more.
        var (id, choice) = await ReserveAsync(user, space, req.Email!.Trim(), ct);
        var account = Account(req, id, space);
        var calendars = await login.TryAsync(account, ct);
        if (calendars.IsEmpty)
        {
            throw new ProblemException(new Problem(400, "no_calendars", "This account has no calendar that holds events."));
        }

        await StoreAsync(user, req, account, CalendarSelection.ToJson(calendars, choice), ct);
        return new Response(
            true,
            id.Value,
            [.. calendars.Select(AppleCalendarBody.From)],
            "Apple Calendar connected successfully. Initial sync will begin shortly.");
    }

    /// <summary>
    /// The id that the connection will have. The secret is encrypted for it, so it is known first; a disconnected one is revived, with the choice of
    /// calendars that was made for the same account.
    /// </summary>
    private async Task<(ConnectionId Id, CalendarChoice? Choice)> ReserveAsync(UserId user, SpaceId space, string email, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(user, ct);
        await transaction.RequireMemberAsync(space, ct);
        return await ConnectionStore.FindOwnAsync(transaction, space, CalendarProvider.Apple, ct) switch
        {
            null => (new ConnectionId(Guid.NewGuid()), null),
            { SyncStatus: "disconnected" } old => (old.Id, old.AccountId == email ? CalendarChoice.Parse(old.CalendarChoice) : null),
            var live => throw AlreadyConnected(live),
        };
    }

    private async Task StoreAsync(UserId user, Request req, ProviderAccount account, string calendars, CancellationToken ct)
    {
        const SecretKind Kind = SecretKind.AppSpecificPassword;
        var connection = new NewConnection(
            account.ConnectionId,
            account.SpaceId,
            CalendarProvider.Apple,
            account.AccountId,
            req.SyncDirection ?? "bidirectional",
            account.ServerUrl?.AbsoluteUri,
            calendars,
            Kind.ToTokenType(),
            cipher.Encrypt(account.ConnectionId, Kind, Password(req)));
        try
        {
            await using var transaction = await database.BeginAsUserAsync(user, ct);
            await ConnectionStore.CreateAsync(transaction, connection, ct);
            await transaction.CommitAsync(ct);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // Two connects at once: this one came second.
            await using var transaction = await database.BeginAsUserAsync(user, ct);
            throw AlreadyConnected(await ConnectionStore.FindOwnAsync(transaction, account.SpaceId, CalendarProvider.Apple, ct));
        }
    }

    private static ProviderAccount Account(Request req, ConnectionId id, SpaceId space) => new()
    {
        ConnectionId = id,
        SpaceId = space,
        AccountId = req.Email!.Trim(),
        ServerUrl = AppleServer.Parse(req.ServerUrl),
        ReadSecretAsync = (_, _) => ValueTask.FromResult(Password(req)),
    };

    /// <summary>People copy the password with the blank behind it; none of a server's own begins or ends with one in earnest.</summary>
    private static string Password(Request req) => req.AppSpecificPassword!.Trim();

    private static ProblemException AlreadyConnected(OwnConnection? existing) =>
        new(Problems.AlreadyConnected(CalendarProvider.Apple.DisplayName(), existing?.Id.Value, existing?.SyncStatus));
}

using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;
using CalendarSync.Api.Features.Connections.ConnectApple;
using CalendarSync.Api.Limits;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Vault;
using FastEndpoints;

namespace CalendarSync.Api.Features.Connections.Reconnect;

internal sealed record Response(bool Success, ConnectionBody Connection, string Message);

internal sealed class Endpoint(RowanDatabase database, AppleServer server, AppleLogin login, SecretCipher cipher, RequestLimits limits) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Post("/api/calendar/connections/{id:guid}/reconnect");
        Definition.TakesJson();
        Definition.Describe(
            "Connections",
            "Give a connected calendar its new password",
            "The password is tried at once and stored encrypted; what was synced stays known, and edits that waited go out. Of the same account only.",
            new(400, "validation_error", "invalid_credentials", "server_unreachable", "address_not_allowed", "not_a_calendar_server", "connection_disconnected"),
            new(403, "access_denied"),
            new(404, "not_found"),
            new(409, "different_account", "coming_soon"),
            new(503, "provider_rate_limited"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        var user = User.UserId();
        var (connection, calendars) = await FindAsync(user, Route<Guid>("id"), ct);
        FeaturesSetup.Require(new RequestValidator(server, connection.ServerUrl).Validate(req));
        var account = connection.ProviderAccountId ?? "";
        if (req.Email is { } email && !string.Equals(email.Trim(), account, StringComparison.OrdinalIgnoreCase))
        {
            throw new ProblemException(Problems.DifferentAccount);
        }

        await limits.TakeConnectAsync(user, ct);
        var asked = AppleServer.Parse(req.ServerUrl);
        var movedTo = asked is not null && asked.AbsoluteUri != connection.ServerUrl ? asked : null;
        var password = req.AppSpecificPassword!.Trim();
        var found = await login.TryAsync(
            new ProviderAccount
            {
                ConnectionId = connection.Id,
                SpaceId = connection.SpaceId,
                AccountId = account,
                ServerUrl = movedTo ?? AppleServer.Parse(connection.ServerUrl),
                ReadSecretAsync = (_, _) => ValueTask.FromResult(password),
            },
            ct);

        // A user name means something at its own server only. At another one, the calendars have to be those that we know.
        if (movedTo is not null && !found.Any(calendar => calendars.Contains(calendar.Id)))
        {
            throw new ProblemException(Problems.DifferentAccount);
        }

        return await StoreAsync(user, connection, movedTo, password, ct);
    }

    /// <summary>Whoever may not change the connection is refused before a password is tried at somebody's account.</summary>
    private async Task<(ConnectionRow Connection, HashSet<string> Calendars)> FindAsync(UserId user, Guid id, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(user, ct);
        var connection = await transaction.RequireConnectionAsync(id, ct);
        if (!await ConnectionStore.MayManageAsync(transaction, connection.Id, ct))
        {
            throw new ProblemException(Problems.AccessDenied);
        }

        if (connection.IsDisconnected)
        {
            throw new ProblemException(Problems.ConnectionDisconnected);
        }

        if (connection.Provider != CalendarProvider.Apple.ToSql())
        {
            throw new ProblemException(Problems.ComingSoon(CalendarProviders.Parse(connection.Provider)!.Value.DisplayName()));
        }

        var calendars = await ConnectionStore.ListCalendarsAsync(transaction, connection.Id, ct);
        return (connection, calendars.Select(calendar => calendar.ExternalCalendarId).ToHashSet(StringComparer.Ordinal));
    }

    private async Task<Response> StoreAsync(UserId user, ConnectionRow connection, Uri? movedTo, string password, CancellationToken ct)
    {
        const SecretKind Kind = SecretKind.AppSpecificPassword;
        var credentials = new NewCredentials(
            connection.ProviderAccountId ?? "", movedTo?.AbsoluteUri, Kind.ToTokenType(), cipher.Encrypt(connection.Id, Kind, password));
        await using var transaction = await database.BeginAsUserAsync(user, ct);
        await ConnectionStore.ReconnectAsync(transaction, connection.Id, credentials, ct);
        var changed = await transaction.RequireConnectionAsync(connection.Id.Value, ct);
        await transaction.CommitAsync(ct);
        return new Response(true, ConnectionBody.From(changed), "Apple Calendar reconnected successfully. The next sync begins shortly.");
    }
}

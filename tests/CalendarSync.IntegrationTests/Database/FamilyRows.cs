using CalendarSync.Core.Model;
using CalendarSync.IntegrationTests.Fixtures;

namespace CalendarSync.IntegrationTests.Database;

/// <summary>One row in every table, all of them in one space.</summary>
internal static class FamilyRows
{
    public static async Task<(ConnectionId Connection, RowanEventId Happening)> CreateAsync(TestDatabase database, SpaceId space, UserId owner)
    {
        var connection = await database.CreateConnectionAsync(space, owner);
        await database.CreateCalendarAsync(connection, "calendar");
        await database.StoreSecretAsync(connection, "app_specific_password", "canary-ciphertext");
        var happening = await database.CreateEventAsync(space);
        var mapping = await database.CreateMappingAsync(happening, connection, "external");
        await database.ExecuteAsync(
            """
            insert into recurring_event_exceptions (series_id, exception_date, exception_type) values (@happening, '2026-01-01', 'deleted');
            insert into in_app_notifications (user_id, type, title, content) values (@owner, 'event', 'canary', 'canary');
            insert into calendar_sync_logs (connection_id, sync_type, sync_direction) values (@connection, 'full', 'bidirectional');
            insert into calendar_sync_errors (connection_id, direction, operation, code, message) values (@connection, 'inbound', 'read', 'x', 'x');
            insert into calendar_held_deletions (connection_id, mapping_id, rowan_event_id, external_calendar_id, external_event_id, direction)
            values (@connection, @mapping, @happening, 'calendar', 'external', 'inbound');
            insert into calendar_event_copies (connection_id, external_calendar_id, external_event_id, ical_uid) values (@connection, 'other', 'external', 'x');
            insert into calendar_sync_conflicts (space_id, connection_id, mapping_id, event_id, provider, title, rowan_version, external_version)
            values (@space, @connection, @mapping, @happening, 'apple', 'canary', '{"title": "canary", "start_time": "2030-01-01T10:00:00Z"}', '{}');
            insert into calendar_previews (connection_id, requested_by) values (@connection, @owner);
            insert into calendar_webhook_subscriptions (connection_id, webhook_id, webhook_url, webhook_secret, resource_id, expires_at)
            values (@connection, 'channel', 'https://example.com', 'canary-secret', 'resource', now());
            """,
            new { connection = connection.Value, happening = happening.Value, owner = owner.Value, space = space.Value, mapping });
        return (connection, happening);
    }
}

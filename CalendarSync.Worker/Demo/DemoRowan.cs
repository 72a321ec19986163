using CalendarSync.Core.Model;
using Dapper;
using NodaTime;
using Npgsql;

namespace CalendarSync.Worker.Demo;

/// <summary>Writes the family into Rowan's tables, once in the life of the database: what its users delete later stays deleted.</summary>
internal static class DemoRowan
{
    /// <summary>Does nothing where it was done before.</summary>
    /// <returns>Whether the family was made now.</returns>
    public static async Task<bool> SeedAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Instant now, CancellationToken cancellationToken)
    {
        if (!await DemoMark.SetAsync(connection, transaction, "family", now, cancellationToken))
        {
            return false;
        }

        await InsertPeopleAsync(connection, transaction, cancellationToken);
        await InsertEventsAsync(connection, transaction, now, cancellationToken);
        return true;
    }

    private static Task<int> InsertPeopleAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        var members = DemoFamily.Spaces
            .SelectMany(space => space.Members.Select((member, order) => (Space: space.Id, User: member.User.Id, member.Role, order)))
            .ToArray();

        // "demo" in a space's settings is how calendar_dev.family() knows the demo's own spaces.
        return connection.ExecuteAsync(new CommandDefinition(
            """
            insert into auth.users (id, email, raw_user_meta_data)
            select id, email, jsonb_build_object('name', name) from unnest(@userIds, @emails, @names) as u(id, email, name)
            on conflict (id) do nothing;

            insert into public.users (id, email, name, timezone)
            select id, email, name, @zone from unnest(@userIds, @emails, @names) as u(id, email, name)
            on conflict (id) do update set name = excluded.name, timezone = excluded.timezone;

            insert into public.spaces (id, name, created_by, settings)
            select id, name, owner, '{"demo": true}' from unnest(@spaceIds, @spaceNames, @owners) as s(id, name, owner)
            on conflict (id) do nothing;

            insert into public.space_members (space_id, user_id, role, joined_at)
            select space, member, role, now() + joined * interval '1 second'
            from unnest(@memberSpaces, @memberUsers, @roles, @order) as m(space, member, role, joined)
            on conflict (space_id, user_id) do nothing;
            """,
            new
            {
                userIds = DemoFamily.Users.Select(u => u.Id).ToArray(),
                emails = DemoFamily.Users.Select(u => u.Email).ToArray(),
                names = DemoFamily.Users.Select(u => u.Name).ToArray(),
                zone = DemoFamily.Zone,
                spaceIds = DemoFamily.Spaces.Select(s => s.Id).ToArray(),
                spaceNames = DemoFamily.Spaces.Select(s => s.Name).ToArray(),
                owners = DemoFamily.Spaces.Select(s => s.Members[0].User.Id).ToArray(),
                memberSpaces = members.Select(m => m.Space).ToArray(),
                memberUsers = members.Select(m => m.User).ToArray(),
                roles = members.Select(m => m.Role).ToArray(),
                order = members.Select(m => m.order).ToArray(),
            },
            transaction,
            cancellationToken: cancellationToken));
    }

    private static Task<int> InsertEventsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Instant now, CancellationToken cancellationToken)
    {
        var home = TimeZones.Get(DemoFamily.Zone);
        var events = DemoEvents.For(now.InZone(home).Date);
        return connection.ExecuteAsync(new CommandDefinition(
            """
            insert into public.events (id, space_id, created_by, title, description, location, category, start_time, end_time, all_day, timezone)
            select * from unnest(@ids, @spaces, @authors, @titles, @descriptions, @locations, @categories, @starts, @ends, @allDay, @zones)
            on conflict (id) do nothing
            """,
            new
            {
                ids = events.Select(e => e.Id).ToArray(),
                spaces = events.Select(e => e.Space.Id).ToArray(),
                authors = events.Select(e => e.Author.Id).ToArray(),
                titles = events.Select(e => e.Content.Title).ToArray(),
                descriptions = events.Select(e => e.Content.Description).ToArray(),
                locations = events.Select(e => e.Content.Location).ToArray(),
                categories = events.Select(e => e.Category).ToArray(),
                starts = events.Select(e => e.Content.Start.ToInstant(home).ToDateTimeUtc()).ToArray(),
                ends = events.Select(e => e.Content.End.ToInstant(home).ToDateTimeUtc()).ToArray(),
                allDay = events.Select(e => e.Content.Start is EventTime.AllDay).ToArray(),
                zones = events.Select(e => e.Content.Start is EventTime.Zoned zoned ? zoned.ZoneId : DemoFamily.Zone).ToArray(),
            },
            transaction,
            cancellationToken: cancellationToken));
    }
}

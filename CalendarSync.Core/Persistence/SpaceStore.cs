using CalendarSync.Core.Model;

namespace CalendarSync.Core.Persistence;

/// <summary>Spaces as the user of the transaction sees them (<see cref="RowanDatabase.BeginAsUserAsync"/>).</summary>
public static class SpaceStore
{
    /// <summary>Whether the user of the transaction is a member of the space.</summary>
    public static async Task<bool> IsMemberAsync(RowanTransaction transaction, SpaceId space, CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<bool>(
            "select exists (select from space_members where space_id = @space and user_id = auth.uid())",
            new { space },
            cancellationToken);

    /// <summary>Whether somebody else is a member of the space. A user's own view of <c>space_members</c> ends at themselves, hence the function.</summary>
    public static async Task<bool> HasMemberAsync(RowanTransaction transaction, SpaceId space, UserId member, CancellationToken cancellationToken) =>
        await transaction.QuerySingleOrDefaultAsync<bool>(
            "select calendar_has_member(@space, @member)",
            new { space, member },
            cancellationToken);

    /// <summary>The time zone that the user has chosen in Rowan, as written there; <c>null</c> where there is none.</summary>
    public static Task<string?> FindTimeZoneAsync(RowanTransaction transaction, CancellationToken cancellationToken) =>
        transaction.QuerySingleOrDefaultAsync<string?>("select timezone from users where id = auth.uid()", null, cancellationToken);
}

using CalendarSync.Api.Errors;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using NodaTime;

namespace CalendarSync.Api.Features.Events;

/// <summary>Checks that need the database, inside the transaction that writes.</summary>
internal static class EventChecks
{
    /// <summary>The zone that the user has set in Rowan; UTC where that is none.</summary>
    public static async Task<DateTimeZone> ZoneOfUserAsync(this RowanTransaction transaction, CancellationToken ct) =>
        TimeZones.Find(await SpaceStore.FindTimeZoneAsync(transaction, ct)) ?? DateTimeZone.Utc;

    public static async Task RequireAssigneeAsync(this RowanTransaction transaction, SpaceId space, Guid? assignee, CancellationToken ct)
    {
        if (assignee is { } id && !await SpaceStore.HasMemberAsync(transaction, space, new UserId(id), ct))
        {
            throw new ProblemException(Problems.Validation("assigned_to", "An event can only be assigned to a member of its space."));
        }
    }

    public static EventTimes Require((EventTimes? Times, IReadOnlyList<FieldError> Errors) resolved) =>
        resolved.Times ?? throw new ProblemException(Problems.Validation(resolved.Errors));
}

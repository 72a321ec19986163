using CalendarSync.Api.Errors;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;

namespace CalendarSync.Api.Features;

internal static class SpaceAccess
{
    /// <summary>Refuses a <c>space_id</c> outside the user's spaces, the same way whether or not such a space exists.</summary>
    public static async Task RequireMemberAsync(this RowanTransaction transaction, SpaceId space, CancellationToken ct)
    {
        if (!await SpaceStore.IsMemberAsync(transaction, space, ct))
        {
            throw new ProblemException(Problems.SpaceAccessDenied);
        }
    }
}

namespace CalendarSync.Core.Model;

/// <summary>A row of Rowan's <c>events</c> table.</summary>
public readonly record struct RowanEventId(Guid Value);

/// <summary>A row of <c>calendar_connections</c>: one user's account at one provider, in one space.</summary>
public readonly record struct ConnectionId(Guid Value);

/// <summary>A row of Rowan's <c>spaces</c> table: the family whose members share events.</summary>
public readonly record struct SpaceId(Guid Value);

/// <summary>A user, as <c>auth.users.id</c> and the <c>sub</c> claim of the access token know them.</summary>
public readonly record struct UserId(Guid Value);

namespace CalendarSync.Core.Model;

/// <summary>Which way a connection syncs; Rowan's enum <c>sync_direction_type</c>.</summary>
public enum SyncDirection
{
    /// <summary>Both ways ("bidirectional").</summary>
    Bidirectional,

    /// <summary>From the external calendar to Rowan only ("inbound_only").</summary>
    InboundOnly,

    /// <summary>From Rowan to the external calendar only ("outbound_only").</summary>
    OutboundOnly,
}

/// <summary>Names of <see cref="SyncDirection"/> as the database and the HTTP API write them.</summary>
public static class SyncDirections
{
    /// <summary>The value of the SQL enum.</summary>
    public static string ToSql(this SyncDirection direction) => direction switch
    {
        SyncDirection.Bidirectional => "bidirectional",
        SyncDirection.InboundOnly => "inbound_only",
        SyncDirection.OutboundOnly => "outbound_only",
        _ => throw new ArgumentOutOfRangeException(nameof(direction)),
    };

    /// <summary>The reverse of <see cref="ToSql"/>; <c>null</c> for any other text.</summary>
    public static SyncDirection? Parse(string? value) => value switch
    {
        "bidirectional" => SyncDirection.Bidirectional,
        "inbound_only" => SyncDirection.InboundOnly,
        "outbound_only" => SyncDirection.OutboundOnly,
        _ => null,
    };
}

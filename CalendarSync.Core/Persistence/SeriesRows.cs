using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>A row of <c>recurring_event_exceptions</c>: an occurrence that is left out, or that has a row of its own.</summary>
public sealed record SeriesExceptionRow
{
    /// <summary>The master.</summary>
    public required Guid SeriesId { get; init; }

    /// <summary>The day of the occurrence, see <see cref="RowanSeriesMapper"/>.</summary>
    public required LocalDate ExceptionDate { get; init; }

    /// <summary>The row that stands in its place; <c>null</c> where nothing does.</summary>
    public Guid? ModifiedEventId { get; init; }
}

/// <summary>Everything that Rowan holds of one event: its row and, of a series, the exceptions and the rows of changed occurrences.</summary>
/// <param name="Master">The single event, or the series.</param>
/// <param name="Exceptions">Of the series.</param>
/// <param name="Instances">Rows that the exceptions name, by id; those in the trash may be among them.</param>
public sealed record SeriesRows(RowanEventRow Master, IReadOnlyList<SeriesExceptionRow> Exceptions, IReadOnlyDictionary<Guid, RowanEventRow> Instances);

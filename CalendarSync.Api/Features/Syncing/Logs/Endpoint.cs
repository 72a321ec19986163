using System.Text.Json;
using System.Text.Json.Serialization;
using CalendarSync.Api.Authentication;
using CalendarSync.Api.Features.Connections;
using CalendarSync.Api.Features.Events;
using CalendarSync.Api.Json;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using FastEndpoints;
using FluentValidation;
using NodaTime;

namespace CalendarSync.Api.Features.Syncing.Logs;

internal sealed record Request
{
    public const int MaxLimit = 100;

    /// <summary>Without it, of all the user's calendars.</summary>
    public Guid? ConnectionId { get; init; }

    /// <summary>pending, in_progress, completed, failed or partial.</summary>
    public string? Status { get; init; }

    /// <summary>full, incremental, manual or webhook_triggered.</summary>
    public string? SyncType { get; init; }

    /// <summary>Passes that started at that time (RFC 3339) or on that day (UTC), or later.</summary>
    public string? StartDate { get; init; }

    /// <summary>Passes that started before that time, or on that day at the latest.</summary>
    public string? EndDate { get; init; }

    /// <summary>At most so many, 1 to 100.</summary>
    public int Limit { get; init; } = 20;
    public int Offset { get; init; }

    public Instant? From => Parse(StartDate, Period.Zero);

    public Instant? Until => Parse(EndDate, Period.FromDays(1));

    public static Instant? Parse(string? text, Period afterDay) => InstantConverter.Parse(text ?? "")
        ?? (LocalDateConverter.Parse(text ?? "") is { } day ? day.Plus(afterDay).AtStartOfDayInZone(DateTimeZone.Utc).ToInstant() : null);
}

internal sealed class Validator : Validator<Request>
{
    private const string WriteTime = "Write a time as 2026-03-10T14:00:00Z, or a day as 2026-03-10.";

    private static readonly string[] Statuses = ["pending", "in_progress", "completed", "failed", "partial"];
    private static readonly string[] Types = ["full", "incremental", "manual", "webhook_triggered"];

    public Validator()
    {
        RuleFor(r => r.Status).OneOf(Statuses);
        RuleFor(r => r.SyncType).OneOf(Types);
        RuleFor(r => r.StartDate).Must((r, text) => text is null || r.From is not null).WithMessage(WriteTime);
        RuleFor(r => r.EndDate).Must((r, text) => text is null || r.Until is not null).WithMessage(WriteTime);
        RuleFor(r => r.Limit).InclusiveBetween(1, Request.MaxLimit).WithMessage($"limit must lie between 1 and {Request.MaxLimit}.");
        RuleFor(r => r.Offset).GreaterThanOrEqualTo(0).WithMessage("offset must not be negative.");
    }
}

/// <summary>One pass, with what it took.</summary>
internal sealed record SyncLogDetailBody
{
    public required Guid Id { get; init; }
    public required Guid ConnectionId { get; init; }

    /// <summary>full, incremental, manual or webhook_triggered.</summary>
    public required string SyncType { get; init; }

    /// <summary>bidirectional, inbound_only or outbound_only.</summary>
    public required string SyncDirection { get; init; }

    /// <summary>pending, in_progress, completed, failed or partial.</summary>
    public required string Status { get; init; }
    public required Instant StartedAt { get; init; }
    public Instant? CompletedAt { get; init; }
    public required int EventsSynced { get; init; }
    public required int EventsCreated { get; init; }
    public required int EventsUpdated { get; init; }
    public required int EventsDeleted { get; init; }
    public required int ConflictsDetected { get; init; }

    /// <summary>Passes of one day that changed nothing add up in one row.</summary>
    public required int QuietPasses { get; init; }
    public int? DurationMs { get; init; }

    /// <summary>Milliseconds by phase: pull, push.</summary>
    public required IReadOnlyDictionary<string, long> Phases { get; init; }

    /// <summary>Finds the pass in the traces.</summary>
    public string? TraceId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ErrorCode { get; init; }
    public string? ErrorMessage { get; init; }

    public static SyncLogDetailBody From(SyncLogRow row) => new()
    {
        Id = row.Id,
        ConnectionId = row.ConnectionId.Value,
        SyncType = row.SyncType,
        SyncDirection = row.SyncDirection,
        Status = row.Status,
        StartedAt = row.StartedAt,
        CompletedAt = row.CompletedAt,
        EventsSynced = row.EventsSynced,
        EventsCreated = row.EventsCreated,
        EventsUpdated = row.EventsUpdated,
        EventsDeleted = row.EventsDeleted,
        ConflictsDetected = row.ConflictsDetected,
        QuietPasses = row.QuietPasses,
        DurationMs = row.DurationMs,
        Phases = row.Phases is { } phases ? JsonSerializer.Deserialize<Dictionary<string, long>>(phases) ?? [] : [],
        TraceId = row.TraceId,
        ErrorCode = row.ErrorCode,
        ErrorMessage = row.ErrorMessage,
    };
}

internal sealed record Response(bool Success, IReadOnlyList<SyncLogDetailBody> Logs, int TotalCount, bool HasMore);

internal sealed class Endpoint(RowanDatabase database) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Get("/api/calendar/sync-logs");
        Definition.TakesAddress();
        Definition.Describe("Syncing", "Search the sync history", "Newest first, with what each pass did and how long it took. Kept for 90 days.",
            new(400, "validation_error"), new(404, "not_found"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsUserAsync(User.UserId(), ct);
        var connection = req.ConnectionId is { } id ? (await transaction.RequireConnectionAsync(id, ct)).Id : (ConnectionId?)null;
        var query = new SyncLogQuery(connection, req.Status, req.SyncType, req.From, req.Until);
        var rows = await SyncLogStore.SearchAsync(transaction, query, req.Limit, req.Offset, ct);
        var total = await SyncLogStore.CountAsync(transaction, query, ct);
        return new Response(true, [.. rows.Select(SyncLogDetailBody.From)], total, req.Offset + rows.Count < total);
    }
}

using System.ComponentModel.DataAnnotations;
using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Sync.Planning;
using NodaTime;

namespace CalendarSync.Core.Sync;

/// <summary>How often calendars are read when nothing else asks for it ("Sync").</summary>
public sealed class SyncOptions
{
    /// <summary>Google's floor under push notifications. Default 15 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan GoogleInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>CalDAV has no push. Default 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AppleInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Cozi is read whole every time. Default 30 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan CoziInterval { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How often the list of an account's calendars is read when nobody asks. Default 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan CalendarListInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The interval of a provider.</summary>
    public Duration IntervalOf(CalendarProvider provider) => Duration.FromTimeSpan(provider switch
    {
        CalendarProvider.Google => GoogleInterval,
        CalendarProvider.Apple => AppleInterval,
        CalendarProvider.Cozi => CoziInterval,
        _ => throw new ArgumentOutOfRangeException(nameof(provider)),
    });
}

/// <summary>How long a failed push or pass rests ("Queue").</summary>
public sealed class QueueOptions
{
    /// <summary>Comma-separated pauses after the first, second, … failure; their number is the number of retries. Default 1, 5 and 15 minutes.</summary>
    [Required]
    [RegularExpression(@"^\s*\d{1,2}:\d{2}:\d{2}(\s*,\s*\d{1,2}:\d{2}:\d{2})*\s*$", ErrorMessage = "Queue:RetryDelays is a comma-separated list of hh:mm:ss.")]
    public string RetryDelays { get; init; } = "00:01:00,00:05:00,00:15:00";

    /// <summary>The pause after a number of failures so far, this one included; <c>null</c> when it was the last try.</summary>
    public TimeSpan? DelayAfter(int failures) => Delays() is var delays && failures <= delays.Length ? delays[Math.Max(failures, 1) - 1] : null;

    /// <summary>The pause of something that is tried for ever: the last one repeats.</summary>
    public TimeSpan RestAfter(int failures) => DelayAfter(failures) ?? Delays()[^1];

    private TimeSpan[] Delays() =>
        [.. RetryDelays.Split(',', StringSplitOptions.TrimEntries).Select(text => TimeSpan.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];
}

/// <summary>What counts as a conflict ("Conflicts").</summary>
public sealed class ConflictOptions
{
    /// <summary>Edits of both sides this close together are the same edit. 0 turns the rule off. Default 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan SameEditWindow { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>When many deletions at once are held back ("Deletions").</summary>
public sealed class DeletionOptions
{
    /// <summary>Fewer deletions than this are never held. Default 10.</summary>
    [Range(1, int.MaxValue)]
    public int MinCount { get; init; } = 10;

    /// <summary>The share of a calendar's events that may go at once, from 0 to 1. Default 0.3.</summary>
    [Range(0.0, 1.0)]
    public double MaxShare { get; init; } = 0.3;

    /// <summary>Whether these deletions are to wait for somebody, together with those of the last hour.</summary>
    /// <param name="load">What is about to happen, and what has.</param>
    /// <param name="atLeast">How many are known to be about to happen, where the load does not see all of them.</param>
    internal bool Hold(DeletionLoad load, int atLeast = 0)
    {
        var doomed = Math.Max(load.Doomed.Count, atLeast);
        return doomed > 0
            && DeletionGuard.Holds(doomed + load.Context.Recent + load.Context.Held, load.Context.Mapped + load.Context.Recent, MinCount, MaxShare);
    }
}

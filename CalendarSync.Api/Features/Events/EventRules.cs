using System.Text.Json;
using System.Text.RegularExpressions;
using CalendarSync.Core.Model;
using FluentValidation;
using NodaTime;

namespace CalendarSync.Api.Features.Events;

/// <summary>What Rowan takes as the members of an event; shared by create and update.</summary>
internal static partial class EventRules
{
    public const int TitleLength = 200;
    public const int DescriptionLength = 2000;
    public const int LocationLength = 500;
    private const int PatternLength = 4000;

    private static readonly string[] Categories = ["work", "personal", "family", "health", "social"];
    private static readonly string[] Statuses = ["not-started", "in-progress", "completed"];

    public static IRuleBuilderOptions<T, string?> Title<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(title => !string.IsNullOrWhiteSpace(title)).WithMessage("A title is required.")
        .Must(title => title is null || title.Trim().Length <= TitleLength).WithMessage($"The title may have at most {TitleLength} characters.")
        .Storable();

    public static IRuleBuilderOptions<T, string?> Text<T>(this IRuleBuilder<T, string?> rule, int length) => rule
        .Must(text => text is null || text.Length <= length).WithMessage($"This may have at most {length} characters.")
        .Storable();

    /// <summary>The UI appends an alpha suffix to the value, so nothing but six digits works there.</summary>
    public static IRuleBuilderOptions<T, string?> Color<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(color => string.IsNullOrEmpty(color) || HexColor().IsMatch(color)).WithMessage("A colour is written as #RRGGBB.");

    public static IRuleBuilderOptions<T, string?> Category<T>(this IRuleBuilder<T, string?> rule) => rule.OneOf(Categories);

    public static IRuleBuilderOptions<T, string?> Status<T>(this IRuleBuilder<T, string?> rule) => rule.OneOf(Statuses);

    public static IRuleBuilderOptions<T, string?> TimeZoneName<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(zone => string.IsNullOrEmpty(zone) || TimeZones.Find(zone) is not null)
        .WithMessage("This is not a time zone. Write it as Europe/Berlin.");

    public static IRuleBuilderOptions<T, string?> Recurrence<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(pattern => string.IsNullOrEmpty(pattern) || IsRecurrence(pattern))
        .WithMessage("This is not a repetition. Write daily, weekly:1,3, monthly:15, an RRULE or Rowan's JSON pattern.");

    public static IRuleBuilderOptions<T, string?> OneOf<T>(this IRuleBuilder<T, string?> rule, string[] values) => rule
        .Must(value => value is null || values.Contains(value, StringComparer.Ordinal))
        .WithMessage($"Allowed are: {string.Join(", ", values)}.");

    /// <summary>Postgres cannot hold U+0000 in a text.</summary>
    private static IRuleBuilderOptions<T, string?> Storable<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(text => text is null || !text.Contains('\0', StringComparison.Ordinal))
        .WithMessage("This contains a character that cannot be stored.");

    /// <summary>The zone of a name that <see cref="TimeZoneName"/> let through, under the name that is stored: Windows names become IANA.</summary>
    public static DateTimeZone? Zone(string? name) => string.IsNullOrEmpty(name) ? null : TimeZones.Find(name);

    /// <summary>Empty text in an optional member means that there is none.</summary>
    public static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    /// <summary>"none" is the word of Rowan's own API for an event that does not repeat.</summary>
    public static string? Pattern(string? pattern) => NullIfEmpty(pattern) is { } value and not "none" ? value : null;

    /// <summary>The dialects that Rowan's rows hold: words, "weekly:1,3", "monthly:1,15", JSON with a pattern, and RFC 5545.</summary>
    private static bool IsRecurrence(string pattern) =>
        pattern.Length <= PatternLength && (Words().IsMatch(pattern) || Rule().IsMatch(pattern) || IsJsonPattern(pattern));

    private static bool IsJsonPattern(string pattern)
    {
        if (pattern[0] != '{')
        {
            return false;
        }

        try
        {
            using var json = JsonDocument.Parse(pattern);
            return json.RootElement.TryGetProperty("pattern", out var kind)
                && kind.ValueKind == JsonValueKind.String
                && kind.GetString() is "daily" or "weekly" or "monthly" or "yearly";
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [GeneratedRegex("^#[0-9A-Fa-f]{6}$")]
    private static partial Regex HexColor();

    [GeneratedRegex("^(none|daily|weekly|biweekly|monthly|quarterly|yearly|weekly:([0-6](,[0-6])*)?|monthly:[0-9]{1,2}(,[0-9]{1,2})*)$")]
    private static partial Regex Words();

    [GeneratedRegex("^(RRULE:)?([A-Z-]+=[^;\\r\\n]+;)*FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z-]+=[^;\\r\\n]+)*$")]
    private static partial Regex Rule();
}
